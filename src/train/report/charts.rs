//! Charts of a training run, as SVG.

use std::ops::Range;

use plotters::prelude::*;

use super::{MemberReport, Report, SourceReport};
use crate::metrics::Bin;
use crate::train::runs::ensemble::early_stopping::Epoch;

/// Width and height of a chart, in pixels.
const SIZE: (u32, u32) = (440, 340);

/// Lines with their names; points are (x, y).
type Lines = Vec<(String, Vec<(f64, f64)>)>;

/// Content of a chart.
struct Chart<'a> {
    title: &'a str,
    axes: [&'a str; 2],
    x: Range<f64>,
    y: Range<f64>,
    lines: Lines,
    legend: SeriesLabelPosition,
}

/// Returns the ROC of the ensemble, the cosines and the trained members.
pub(crate) fn roc(report: &Report, evaluation: &SourceReport) -> String {
    let members = report.trained_members().map(|(index, _)| &evaluation.members[index]);
    let curves = std::iter::once(&evaluation.ensemble).chain(&evaluation.cosines).chain(members);
    let points = |roc: &[[f64; 2]]| roc.iter().map(|&[x, y]| (x, y)).collect();
    let lines: Lines = curves.map(|score| (score.name.clone(), points(&score.roc))).collect();
    Chart {
        title: "Kin accepted against strangers accepted",
        axes: ["share of strangers accepted", "share of kin accepted"],
        x: 0.0..1.0,
        y: 0.0..1.0,
        lines,
        legend: SeriesLabelPosition::LowerRight,
    }
    .draw()
}

/// Returns the calibration chart: predicted probabilities against the share of kin.
pub(crate) fn calibration(evaluation: &SourceReport) -> String {
    let point = |bin: &Bin| (bin.predicted, bin.observed);
    let lines = vec![
        ("measured".to_owned(), evaluation.reliability.iter().map(point).collect()),
        ("perfect".to_owned(), vec![(0.0, 0.0), (1.0, 1.0)]),
    ];
    Chart {
        title: "Probability and truth",
        axes: ["probability of kinship", "share of kin"],
        x: 0.0..1.0,
        y: 0.0..1.0,
        lines,
        legend: SeriesLabelPosition::LowerRight,
    }
    .draw()
}

/// Returns the distribution of the probabilities of kin and of other pairs.
pub(crate) fn histogram(evaluation: &SourceReport) -> String {
    let steps = |counts: &[usize]| -> Vec<(f64, f64)> {
        let width = 1.0 / counts.len() as f64;
        let step = |(at, &count): (usize, &usize)| {
            [(at as f64 * width, count as f64), ((at + 1) as f64 * width, count as f64)]
        };
        counts.iter().enumerate().flat_map(step).collect()
    };
    let counts = || evaluation.histogram.kin.iter().chain(&evaluation.histogram.others);
    Chart {
        title: "Probabilities of kin and of strangers",
        axes: ["probability of kinship", "pairs"],
        x: 0.0..1.0,
        y: 0.0..counts().copied().max().unwrap_or(1).max(1) as f64,
        lines: vec![
            ("kin".to_owned(), steps(&evaluation.histogram.kin)),
            ("strangers".to_owned(), steps(&evaluation.histogram.others)),
        ],
        legend: SeriesLabelPosition::UpperLeft,
    }
    .draw()
}

/// Returns the training loss of the members by epoch, relative to the first epoch.
///
/// The loss is relative because members use different losses.
pub(crate) fn loss(report: &Report) -> String {
    epochs(report, "Loss while learning", "loss relative to the first epoch's", |epoch, epochs| {
        Some(epoch.loss? / epochs.iter().find_map(|epoch| epoch.loss)?)
    })
}

/// Returns the accuracy of the members on the validation families, by epoch.
pub(crate) fn accuracy(report: &Report) -> String {
    let title = "Accuracy on the validation families";
    let unit = "share of pairs classified correctly";
    epochs(report, title, unit, |epoch, _| Some(epoch.validation_accuracy))
}

fn epochs(
    report: &Report,
    title: &str,
    unit: &str,
    value: impl Fn(&Epoch, &[Epoch]) -> Option<f64>,
) -> String {
    let line = |member: &MemberReport| {
        let epochs = member.epochs.as_slice();
        let points = epochs.iter().enumerate();
        let points = points.filter_map(|(at, epoch)| Some((at as f64, value(epoch, epochs)?)));
        (member.name.clone(), points.collect::<Vec<_>>())
    };
    let lines: Lines = report.members.iter().map(line).filter(|line| line.1.len() > 1).collect();
    let all = || lines.iter().flat_map(|(_, points)| points);
    let last = all().map(|point| point.0).fold(1.0, f64::max);
    let lowest = all().map(|point| point.1).fold(f64::INFINITY, f64::min);
    let highest = all().map(|point| point.1).fold(f64::NEG_INFINITY, f64::max);
    let y = if lowest < highest { lowest..highest } else { 0.0..1.0 };
    let legend = SeriesLabelPosition::MiddleRight;
    Chart { title, axes: ["epoch", unit], x: 0.0..last, y, lines, legend }.draw()
}

impl Chart<'_> {
    fn draw(&self) -> String {
        let mut svg = String::new();
        // Drawing into a string cannot fail.
        self.draw_into(&mut svg).expect("a chart is drawn");
        svg
    }

    fn draw_into(&self, svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
        let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(self.title, ("sans-serif", 16))
            .margin(10)
            .x_label_area_size(36)
            .y_label_area_size(48)
            .build_cartesian_2d(self.x.clone(), self.y.clone())?;
        let [x, y] = self.axes;
        chart.configure_mesh().light_line_style(TRANSPARENT).x_desc(x).y_desc(y).draw()?;
        for (at, (name, points)) in self.lines.iter().enumerate() {
            let style = Palette99::pick(at).stroke_width(if at == 0 { 3 } else { 1 });
            chart
                .draw_series(LineSeries::new(points.iter().copied(), style))?
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], style));
        }
        chart
            .configure_series_labels()
            .position(self.legend.clone())
            .background_style(WHITE.mix(0.8))
            .label_font(("sans-serif", 11))
            .draw()?;
        area.present()?;
        Ok(())
    }
}

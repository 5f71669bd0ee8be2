//! Charts of a training run, as SVG.

use std::ops::Range;

use plotters::prelude::*;

use super::examples::Histogram;
use super::training_report::{MemberReport, SourceReport, TrainingReport};
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
pub(super) fn roc(report: &TrainingReport, evaluation: &SourceReport) -> String {
    let members = report.trained_members().map(|(index, _)| &evaluation.members[index]);
    let curves = std::iter::once(&evaluation.ensemble).chain(&evaluation.cosines).chain(members);
    let lines: Lines = curves
        .map(|score| (score.name.clone(), score.roc.iter().map(|&[x, y]| (x, y)).collect()))
        .collect();
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
pub(super) fn calibration(evaluation: &SourceReport) -> String {
    let bins = evaluation.reliability.iter();
    let lines = vec![
        ("measured".to_owned(), bins.map(|bin| (bin.predicted, bin.observed)).collect()),
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
pub(super) fn histogram(evaluation: &SourceReport) -> String {
    let Histogram { kin, others } = &evaluation.histogram;
    let highest = kin.iter().chain(others).copied().max().unwrap_or(1).max(1);
    Chart {
        title: "Probabilities of kin and of strangers",
        axes: ["probability of kinship", "pairs"],
        x: 0.0..1.0,
        y: 0.0..highest as f64,
        lines: vec![("kin".to_owned(), steps(kin)), ("strangers".to_owned(), steps(others))],
        legend: SeriesLabelPosition::UpperLeft,
    }
    .draw()
}

/// Returns the outline of a histogram over 0 to 1.
fn steps(counts: &[usize]) -> Vec<(f64, f64)> {
    let width = 1.0 / counts.len() as f64;
    let mut points = Vec::new();
    for (i, &count) in counts.iter().enumerate() {
        points.push((i as f64 * width, count as f64));
        points.push(((i + 1) as f64 * width, count as f64));
    }
    points
}

/// Returns the training loss of the members by epoch, relative to the first epoch.
///
/// The loss is relative because members use different losses.
pub(super) fn loss(report: &TrainingReport) -> String {
    epochs(report, "Loss while learning", "loss relative to the first epoch's", |epoch, epochs| {
        Some(epoch.loss? / epochs.iter().find_map(|epoch| epoch.loss)?)
    })
}

/// Returns the accuracy of the members on the validation families, by epoch.
pub(super) fn accuracy(report: &TrainingReport) -> String {
    let title = "Accuracy on the validation families";
    let unit = "share of pairs classified correctly";
    epochs(report, title, unit, |epoch, _| Some(epoch.validation_accuracy))
}

fn epochs(
    report: &TrainingReport,
    title: &str,
    unit: &str,
    value: impl Fn(&Epoch, &[Epoch]) -> Option<f64>,
) -> String {
    let mut lines = Lines::new();
    let mut last = 1.0;
    let mut lowest = f64::INFINITY;
    let mut highest = f64::NEG_INFINITY;
    for MemberReport { name, epochs, .. } in &report.members {
        let values = epochs.iter().map(|epoch| value(epoch, epochs)).enumerate();
        let points: Vec<(f64, f64)> =
            values.filter_map(|(i, value)| Some((i as f64, value?))).collect();
        if points.len() < 2 {
            continue;
        }
        for &(x, y) in &points {
            last = f64::max(last, x);
            lowest = f64::min(lowest, y);
            highest = f64::max(highest, y);
        }
        lines.push((name.clone(), points));
    }
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
        for (i, (name, points)) in self.lines.iter().enumerate() {
            let style = Palette99::pick(i).stroke_width(if i == 0 { 3 } else { 1 });
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

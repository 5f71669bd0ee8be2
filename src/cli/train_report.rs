//! What a training of an ensemble tells: on paper, on the terminal, in the bundle.

use std::path::Path;

use super::exit::Failure;
use super::output::write_output;
use super::unfreeze::print_stages;
use crate::dataset::{Source, family_photos};
use crate::error::ErrorKind;
use crate::photo::{EXTENSIONS, Limits, decode, encode_png, middle, resize};
use crate::train::{Judgment, Report, page};

/// Width and height of a picture in the report, in pixels.
const PICTURE: u32 = 112;

pub(super) fn trained_on(report: &Report) -> String {
    let data = &report.data;
    let retrained = report.stages.iter().filter(|stage| stage.kept > 0);
    let stages: Vec<String> = retrained
        .map(|stage| {
            format!("; the last stage of {} on {} of them", stage.backbone, stage.families)
        })
        .collect();
    format!(
        "{} photos of {} people, {} pairs of kin in {} families, seed {}{}",
        data.photos,
        data.people,
        data.kin_pairs,
        data.families,
        report.seed,
        stages.concat()
    )
}

pub(super) fn measured(report: &Report) -> String {
    let auc = |judgment: &Judgment| judgment.figures.map(|figures| figures.roc_auc.to_string());
    let shown = |figure: Option<String>| figure.unwrap_or_else(|| "unknown".into());
    let cosine = report.cosine.first().and_then(auc);
    let error = report.probabilities.map(|figures| figures.calibration_error.to_string());
    format!(
        "area under the ROC {}, of the cosine {}; calibration error {}; on families that no head saw",
        shown(auc(report.ensemble())),
        shown(cosine),
        shown(error)
    )
}

/// Writes `report.json` and `report.html`.
pub(super) fn write_report(
    folder: &Path,
    report: &Report,
    picture: &mut dyn FnMut(&str) -> Option<Vec<u8>>,
) -> Result<(), Failure> {
    let json = serde_json::to_string_pretty(report)
        .map_err(|error| Failure::new(ErrorKind::Internal, error.to_string()))?;
    for (name, text) in [("report.json", json), ("report.html", page(report, picture))] {
        let path = folder.join(name);
        write_output(&path, text.as_bytes())?;
    }
    Ok(())
}

/// Gives a small picture of a photo by its identity; none where it cannot be read any more.
pub(super) fn pictures(data: &Path) -> Result<impl FnMut(&str) -> Option<Vec<u8>>, Failure> {
    let mut source = Source::open(data)?;
    let photos = family_photos(&source, &source.list(&EXTENSIONS)?)?.photos;
    Ok(move |id: &str| {
        let limits = Limits::default();
        let path = photos.get(&id.parse().ok()?)?;
        let photo = decode(&source.read(path, limits.max_file_bytes).ok()?, &limits).ok()?;
        let square = middle(&photo, photo.width.min(photo.height));
        Some(encode_png(&resize(&square, PICTURE, PICTURE)))
    })
}

#[expect(clippy::print_stdout, reason = "the report is the command's output")]
pub(super) fn print_report(report: &Report) {
    let data = &report.data;
    println!(
        "{} photos of {} people; {} pairs of kin in {} families ({} pairs name somebody without a photo, {} are of two \
         families); {} photo pairs judged, all by heads that saw none of their families",
        data.photos,
        data.people,
        data.kin_pairs,
        data.families,
        data.lacking_photos,
        data.across_families,
        data.judged_pairs
    );
    println!("\n{:<28} {:>6}  95 % interval   folds         weight", "", "AUC");
    for cosine in &report.cosine {
        let standing = report.cosine_standing(cosine);
        print_judgment(&format!("cosine of {}", cosine.name), cosine, &standing);
    }
    for member in report.learned_members() {
        print_judgment(&member.alone.name, &member.alone, &member.standing());
    }
    for (name, judgment) in [("mean", &report.mean), ("weighted", &report.weighted)] {
        let note = if report.chosen == name { "chosen" } else { "" };
        print_judgment(&format!("ensemble, {name}"), judgment, note);
    }
    if let Some(figures) = &report.probabilities {
        println!(
            "\naccuracy {}, Brier score {}, calibration error {}; kin from {:.0} % on",
            figures.accuracy,
            figures.brier_score,
            figures.calibration_error,
            100.0 * report.kin_threshold
        );
    }
    for relation in &report.relations {
        let value = |figure: Option<crate::metrics::Figure>| figure.map_or(f64::NAN, |f| f.value);
        println!(
            "{:<5} {:>6} pairs  AUC {:.3} (cosine {:.3})  accuracy {:.3}",
            relation.relation,
            relation.pairs,
            value(relation.roc_auc),
            value(relation.cosine_roc_auc),
            value(relation.accuracy)
        );
    }
    print_stages(&report.stages);
    println!("heads trained in {:.0} s", report.training_seconds);
}

#[expect(clippy::print_stdout, reason = "the report is the command's output")]
fn print_judgment(name: &str, judgment: &Judgment, note: &str) {
    let Some(figures) = &judgment.figures else {
        println!("{name:<28} no test family has pairs");
        return;
    };
    let crate::metrics::Figure { value, interval } = figures.roc_auc;
    println!(
        "{name:<28} {value:>6.4}  [{:.3}, {:.3}]  mean {:.4}   {note}",
        interval.low,
        interval.high,
        judgment.mean_fold_auc()
    );
}

//! TrainingReport of `kindred train`: its files, and lines of the bundle's manifest.

use std::path::Path;

use super::sources::PhotoSource;
use crate::cli::exit::Failure;
use crate::cli::output::write_output;
use crate::dataset::{Source, family_photos};
use crate::error::ErrorKind;
use crate::metrics::Estimate;
use crate::photo::{EXTENSIONS, Limits, decode, encode_png, middle, resize};
use crate::train::{ScoreMetrics, SourceReport, TrainingReport, page};

/// Width and height of a photo in the report, in pixels.
const PICTURE_PIXELS: u32 = 112;

/// Describes the training data in one line, for the bundle's manifest.
pub(super) fn trained_on(report: &TrainingReport) -> String {
    let sources = report.sources.iter().filter(|s| report.trained_on.contains(&s.name));
    let sources: Vec<String> = sources
        .map(|source| {
            format!(
                "{}: {} photos of {} people, {} pairs of kin in {} families",
                source.name, source.photos, source.people, source.kin_pairs, source.families
            )
        })
        .collect();
    let retrained = report.stages.iter().filter(|stage| stage.selected > 0);
    let stages: Vec<String> = retrained
        .map(|stage| {
            format!("; the last stage of {} on {} families", stage.backbone, stage.families)
        })
        .collect();
    format!("{}; seed {}{}", sources.join("; "), report.seed, stages.concat())
}

/// Describes the main metrics in one line, for the bundle's manifest.
pub(super) fn measured(report: &TrainingReport) -> String {
    report.evaluations.iter().map(measured_on).collect::<Vec<_>>().join("; ")
}

fn measured_on(evaluation: &SourceReport) -> String {
    let error = evaluation.probabilities.map(|figures| figures.calibration_error);
    let how = if evaluation.is_left_out { "left out" } else { "families left out" };
    format!(
        "{} ({how}): AUC {}, cosine {}; calibration error {}",
        evaluation.source,
        roc_auc(&evaluation.ensemble),
        evaluation.cosines.first().map_or_else(|| "–".into(), roc_auc),
        shown(error)
    )
}

fn roc_auc(score: &ScoreMetrics) -> String {
    shown(score.ranking.map(|figures| figures.roc_auc))
}

fn shown(figure: Option<Estimate>) -> String {
    figure.map_or_else(|| "–".into(), |figure| figure.to_string())
}

/// Writes `report.json` and `report.html`.
pub(super) fn write_report(
    folder: &Path,
    report: &TrainingReport,
    picture: &mut dyn FnMut(&str, &str) -> Option<Vec<u8>>,
) -> Result<(), Failure> {
    let json = serde_json::to_string_pretty(report)
        .map_err(|error| Failure::new(ErrorKind::Internal, error.to_string()))?;
    for (name, text) in [("report.json", json), ("report.html", page(report, picture))] {
        write_output(&folder.join(name), text.as_bytes())?;
    }
    Ok(())
}

/// Returns a function that makes a thumbnail of a photo from its source and id.
///
/// The function returns `None` if the photo can no longer be read.
pub(super) fn pictures(
    sources: &[PhotoSource],
) -> Result<impl FnMut(&str, &str) -> Option<Vec<u8>>, Failure> {
    let mut opened = Vec::new();
    for source in sources.iter().filter(|source| !source.relationships.is_empty()) {
        let folder = Source::open(source.path())?;
        let photos = family_photos(&folder, &folder.list(&EXTENSIONS)?)?.photos;
        opened.push((source.name.clone(), folder, photos));
    }
    Ok(move |source: &str, id: &str| {
        let limits = Limits::default();
        let (_, folder, photos) = opened.iter_mut().find(|(name, ..)| name == source)?;
        let path = photos.get(&id.parse().ok()?)?;
        let photo = decode(&folder.read(path, limits.max_file_bytes).ok()?, &limits).ok()?;
        let square = middle(&photo, photo.width.min(photo.height));
        Some(encode_png(&resize(&square, PICTURE_PIXELS, PICTURE_PIXELS)))
    })
}

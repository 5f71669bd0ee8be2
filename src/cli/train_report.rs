//! Output of `kindred train`: report files, terminal and bundle manifest.

use std::path::Path;

use super::exit::Failure;
use super::output::{line, write_output};
use super::train_sources::PhotoSource;
use super::unfreeze::print_stages;
use crate::dataset::{Source, family_photos};
use crate::error::ErrorKind;
use crate::metrics::Estimate;
use crate::photo::{EXTENSIONS, Limits, decode, encode_png, middle, resize};
use crate::train::{IdentificationMetrics, ScoreMetrics, SourceReport, TrainingReport, page};

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
    let source = |evaluation: &SourceReport| {
        let auc = |score: &ScoreMetrics| shown(score.ranking.map(|ranking| ranking.roc_auc));
        let error = evaluation.probabilities.map(|figures| figures.calibration_error);
        let how = if evaluation.is_left_out { "left out" } else { "families left out" };
        format!(
            "{} ({how}): AUC {}, cosine {}; calibration error {}",
            evaluation.source,
            auc(&evaluation.ensemble),
            evaluation.cosines.first().map_or_else(|| "–".into(), auc),
            shown(error)
        )
    };
    report.evaluations.iter().map(source).collect::<Vec<_>>().join("; ")
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

pub(super) fn print_report(report: &TrainingReport) {
    for source in &report.sources {
        line!(
            "{}: {} photos of {} people; {} pairs of kin in {} families ({} pairs lack a photo, {} are of two families)",
            source.name,
            source.photos,
            source.people,
            source.kin_pairs,
            source.families,
            source.lacking_photos,
            source.across_families
        );
    }
    line!("trained on {}", report.trained_on.join(", "));
    for reason in &report.left_out_sources {
        line!("not trained on {reason}");
    }
    for evaluation in &report.evaluations {
        print_evaluation(report, evaluation);
    }
    line!("\nof families that the score was not fitted to");
    print_score(&report.identity, "");
    print_stages(&report.stages);
    line!("\nheads trained in {:.0} s", report.training_seconds);
}

fn print_evaluation(report: &TrainingReport, evaluation: &SourceReport) {
    let how = match evaluation.is_left_out {
        true => "left out".to_owned(),
        false => "its families left out, fold by fold".to_owned(),
    };
    line!(
        "\n{}, {how}, by members trained on {}: {} pairs",
        evaluation.source,
        evaluation.trained_on.join(", "),
        evaluation.pairs
    );
    line!(
        "{:<28} {:<21} {:<7} {:<7} {:<8} {:<7} share",
        "",
        "AUC",
        "AP",
        "TAR 1 %",
        "Rank@10",
        "Cllr"
    );
    for cosine in &evaluation.cosines {
        print_score(cosine, "");
    }
    for (index, member) in report.trained_members() {
        print_score(&evaluation.members[index], &member.standing());
    }
    print_score(&evaluation.joined, "");
    print_score(&evaluation.ensemble, "");
    if let (Some(figures), Some(cost)) =
        (&evaluation.probabilities, &evaluation.ensemble.likelihood)
    {
        line!(
            "accuracy {}, calibration error {}, Cllr {:.3} (at best {:.3})",
            figures.accuracy,
            figures.calibration_error,
            cost.cllr.value,
            cost.min_cllr.value
        );
    }
    for figures in &evaluation.identification {
        print_identification(figures);
    }
    for relation in &evaluation.relations {
        let value = |figure: Option<Estimate>| figure.map_or(f64::NAN, |f| f.value);
        line!(
            "{:<5} {:>6} pairs  AUC {:.3} (cosine {:.3})  accuracy {:.3}",
            relation.relation,
            relation.pairs,
            value(relation.roc_auc),
            value(relation.cosine_roc_auc),
            value(relation.accuracy)
        );
    }
}

fn print_score(score: &ScoreMetrics, note: &str) {
    let Some(ranking) = &score.ranking else {
        line!("{:<28} no pairs", score.name);
        return;
    };
    let value = |figure: Option<Estimate>| {
        figure.map_or_else(|| "–".to_owned(), |figure| format!("{:.3}", figure.value))
    };
    line!(
        "{:<28} {:<21} {:<7.3} {:<7.3} {:<8} {:<7} {note}",
        score.name,
        ranking.roc_auc.to_string(),
        ranking.average_precision.value,
        ranking.true_accepts_at_1_percent.value,
        value(score.rank_10),
        value(score.likelihood.map(|likelihood| likelihood.cllr))
    );
}

fn print_identification(figures: &IdentificationMetrics) {
    line!(
        "gallery of {} people, {} probes: FPIR {} at nominal 10 %; of {} probes with a relative DIR {}, precision {}, Rank@10 {}",
        figures.people,
        figures.probes,
        shown(figures.fpir),
        figures.probes_with_relative,
        shown(figures.dir),
        shown(figures.precision),
        shown(figures.rank_10)
    );
}

/// Prints the reason why the ensemble is not written.
pub(super) fn print_refusal(report: &TrainingReport, work: &Path) {
    line!("\nnot written: the ensemble is not better than what there is without it");
    for objection in &report.verdict.objections {
        line!("  {objection}");
    }
    line!(
        "add sources, families or photos, or try another backbone; report.html is in {}",
        work.display()
    );
}

fn shown(figure: Option<Estimate>) -> String {
    figure.map_or_else(|| "–".into(), |figure| figure.to_string())
}

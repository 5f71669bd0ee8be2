//! Reports of trainings, as text.

use std::path::Path;

use super::stages::print_stages;
use crate::cli::output::line;
use crate::metrics::Estimate;
use crate::train::{IdentificationMetrics, ScoreMetrics, SourceReport, TrainingReport};

pub(crate) fn print_report(report: &TrainingReport) {
    for source in &report.sources {
        line!(
            "{}: {} photos of {} people; {} pairs of kin in {} families \
             ({} pairs lack a photo, {} are of two families)",
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
    let Some(figures) = &score.ranking else {
        line!("{:<28} no pairs", score.name);
        return;
    };
    line!(
        "{:<28} {:<21} {:<7.3} {:<7.3} {:<8} {:<7} {note}",
        score.name,
        figures.roc_auc.to_string(),
        figures.average_precision.value,
        figures.true_accepts_at_1_percent.value,
        three_digits(score.rank_10),
        three_digits(score.likelihood.map(|likelihood| likelihood.cllr))
    );
}

fn print_identification(figures: &IdentificationMetrics) {
    line!(
        "gallery of {} people, {} probes: FPIR {} at nominal 10 %; \
         of {} probes with a relative DIR {}, precision {}, Rank@10 {}",
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
pub(crate) fn print_refusal(report: &TrainingReport, work: &Path) {
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

fn three_digits(figure: Option<Estimate>) -> String {
    figure.map_or_else(|| "–".to_owned(), |figure| format!("{:.3}", figure.value))
}

fn value(figure: Option<Estimate>) -> f64 {
    figure.map_or(f64::NAN, |figure| figure.value)
}

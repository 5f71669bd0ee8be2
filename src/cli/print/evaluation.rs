//! Metrics of an evaluation, as tables.

use super::rejected::print_rejected;
use crate::cli::output::line;
use crate::evaluate::{
    FalseMatches, GallerySizeMetrics, GroupReport, IdentificationReport, LandmarkReport,
    RankMetrics, RetrievalReport, SamePersonMetrics, TriSubjectReport, VerificationReport,
};
use crate::metrics::{Estimate, RankingMetrics};

pub(crate) fn print_verification(report: &VerificationReport) {
    print_rejected(&report.rejected);
    line!(
        "{} pairs of kin and {} others of {} families; {} listed pairs lack a photo\n",
        report.kin,
        report.others,
        report.families,
        report.skipped
    );
    print_header();
    for (name, figures) in &report.cosine {
        print_figures(&format!("cosine of {name}"), Some(figures));
    }
    print_figures("ensemble", report.ensemble.as_ref());
    if let Some(figures) = &report.probabilities {
        line!();
        print_figure("accuracy", figures.accuracy);
        print_figure("Brier score", figures.brier_score);
        print_figure("calibration error", figures.calibration_error);
    }
    if let Some(figures) = &report.likelihoods {
        print_figure("Cllr", figures.cllr);
        print_figure("lowest Cllr", figures.min_cllr);
    }
    if !report.relations.is_empty() {
        line!(
            "\n{:<8} {:>6}  {:<22}  {:<22}  accuracy",
            "relation",
            "pairs",
            "AUC",
            "cosine's AUC"
        );
    }
    for relation in &report.relations {
        let [auc, cosine, accuracy] =
            [relation.roc_auc, relation.cosine_roc_auc, relation.accuracy].map(shown);
        line!(
            "{:<8} {:>6}  {auc:<22}  {cosine:<22}  {accuracy}",
            relation.relation,
            relation.pairs
        );
    }
}

pub(crate) fn print_tri_subject(report: &TriSubjectReport) {
    print_rejected(&report.rejected);
    line!(
        "{} trios of a family and {} others; {} listed trios lack a photo\n",
        report.kin,
        report.others,
        report.skipped
    );
    print_header();
    print_figures("mean cosine", report.cosine.as_ref());
    print_figures("father alone", report.father.as_ref());
    print_figures("mother alone", report.mother.as_ref());
    print_figures("both parents", report.both.as_ref());
    if let Some(figures) = &report.probabilities {
        line!();
        print_figure("accuracy", figures.accuracy);
        print_figure("calibration error", figures.calibration_error);
    }
    if let Some(figures) = &report.likelihoods {
        print_figure("Cllr", figures.cllr);
        print_figure("lowest Cllr", figures.min_cllr);
    }
}

pub(crate) fn print_groups(report: &GroupReport) {
    print_rejected(&report.rejected);
    line!(
        "{} pairs of unrelated people on {} photos; \
         groups by a classifier that is right for {:.3} of each",
        report.pairs,
        report.photos,
        report.classifier_accuracy
    );
    line!("\nfalse match rates at the threshold that 1 % of all pairs reach");
    line!(
        "\n{:<18} {:>6}  {:<22}  {:<22}  {:<22}  cosine",
        "",
        "photos",
        "with everyone",
        "cosine",
        "within the group"
    );
    for group in &report.groups {
        print_false_matches(&group.group, &group.photos.to_string(), &group.false_matches);
    }
    print_false_matches("highest over mean", "", &report.highest_over_mean);
}

fn print_false_matches(name: &str, photos: &str, rates: &FalseMatches) {
    let FalseMatches { with_everyone, with_everyone_by_cosine, within, within_by_cosine } = *rates;
    let [all, all_by_cosine, within, within_by_cosine] =
        [with_everyone, with_everyone_by_cosine, within, within_by_cosine].map(shown);
    line!(
        "{name:<18} {photos:>6}  {all:<22}  {all_by_cosine:<22}  {within:<22}  {within_by_cosine}"
    );
}

pub(crate) fn print_retrieval(report: &RetrievalReport) {
    line!(
        "{} people searched for among {} photos, {} candidates each\n",
        report.probes,
        report.photos,
        report.candidates
    );
    if let Some(figure) = report.same_person_rank_1 {
        line!("nearest photo is another one of the same person {figure}\n");
    }
    line!(
        "{:<28} {:<22}  {:<22}  {:<22}  {:<22}  Rank@20",
        "",
        "mAP",
        "Rank@1",
        "Rank@5",
        "Rank@10"
    );
    print_ranks("family, by cosine", &report.cosine.family);
    if let Some(reranked) = &report.reranked {
        print_ranks("family, reranked", &reranked.family);
    }
    print_ranks("listed kin, by cosine", &report.cosine.kin);
    if let Some(reranked) = &report.reranked {
        print_ranks("listed kin, reranked", &reranked.kin);
    }
    if let Some(figures) = &report.same_person {
        print_same_person(figures);
    }
}

fn print_same_person(figures: &SamePersonMetrics) {
    line!(
        "\n{} people searched for by one photo, with another photo in the gallery",
        figures.probes
    );
    print_figure("own person listed as kin", figures.own_person_listed_as_kin);
    print_figure("own person set apart", figures.own_person_set_apart);
    print_figure("others set apart", figures.others_set_apart);
}

/// Formats a cell of the table from the metrics of its column.
type Cell = fn(&GallerySizeMetrics) -> String;

pub(crate) fn print_identification(report: &IdentificationReport) {
    line!(
        "{} people searched for by at most {} photos each; decisions should hold an FPIR of {} %\n",
        report.probes,
        report.photos_per_probe,
        100.0 * report.nominal_fpir
    );
    let rows: [(&str, Cell); 10] = [
        ("people in the gallery", |figures| figures.people.to_string()),
        ("mated searches", |figures| figures.mated.to_string()),
        ("non-mated searches", |figures| figures.non_mated.to_string()),
        ("FPIR", |figures| shown(figures.fpir)),
        ("FNIR", |figures| shown(figures.fnir)),
        ("FNIR at FPIR 1 %", |figures| shown(figures.fnir_at_fpir_1_percent)),
        ("FNIR at FPIR 10 %", |figures| shown(figures.fnir_at_fpir_10_percent)),
        ("listed kin among the marked", |figures| shown(figures.precision)),
        ("marked people of a search", |figures| shown(figures.mean_marked)),
        ("Rank@10", |figures| shown(figures.rank_10)),
    ];
    for (name, cell) in rows {
        let cells = report.galleries.iter().map(|figures| format!("{:<22}", cell(figures)));
        let line = format!("{name:<28} {}", cells.collect::<Vec<_>>().join("  "));
        line!("{}", line.trim_end());
    }
}

pub(crate) fn print_landmarks(report: &LandmarkReport) {
    line!("{} photos, no face found in {}", report.photos, report.not_found);
    line!("mean error    {} of the distance between the eyes", report.error);
    line!("median error  {}", report.median);
    line!("above a tenth {}", report.far_off);
}

fn print_ranks(name: &str, figures: &RankMetrics) {
    let RankMetrics { mean_average_precision, rank_1, rank_5, rank_10, rank_20 } = *figures;
    let [map, one, five, ten, twenty] =
        [mean_average_precision, rank_1, rank_5, rank_10, rank_20].map(|figure| figure.to_string());
    line!("{name:<28} {map:<22}  {one:<22}  {five:<22}  {ten:<22}  {twenty}");
}

fn print_header() {
    line!(
        "{:<28} {:<22}  {:<22}  {:<22}  TAR at FAR 0.1 %",
        "",
        "AUC",
        "average precision",
        "TAR at FAR 1 %"
    );
    line!("{:<28} 0.500", "chance");
}

fn print_figures(name: &str, figures: Option<&RankingMetrics>) {
    let Some(figures) = figures else { return };
    let [auc, precision, at_1, at_0_1] = [
        figures.roc_auc,
        figures.average_precision,
        figures.true_accepts_at_1_percent,
        figures.true_accepts_at_0_1_percent,
    ]
    .map(|figure| figure.to_string());
    line!("{name:<28} {auc:<22}  {precision:<22}  {at_1:<22}  {at_0_1}");
}

fn print_figure(name: &str, figure: Estimate) {
    line!("{name:<28} {figure}");
}

fn shown(figure: Option<Estimate>) -> String {
    figure.map_or("–".into(), |figure| figure.to_string())
}

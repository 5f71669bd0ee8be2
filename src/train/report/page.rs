//! Report of a training run as a self-contained page.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::charts;
use super::examples::Example;
use super::stage_report::StageReport;
use super::training_report::{ScoreMetrics, SourceReport, TrainingReport};
use crate::metrics::{Estimate, RankingMetrics, RelationMetrics};

const STYLE: &str = "\
body{font:15px/1.5 sans-serif;max-width:960px;margin:2em auto;padding:0 1em;color:#222}\
table{border-collapse:collapse;margin:1em 0}\
td,th{padding:.25em .8em;text-align:left;border-bottom:1px solid #ddd}\
figure{display:inline-block;margin:.5em 1em .5em 0;text-align:center;font-size:13px}\
figure img{width:112px;height:112px;margin:1px}svg{max-width:100%}";

/// Function that returns the PNG of a photo, by its source and its id.
type Picture<'a> = dyn FnMut(&str, &str) -> Option<Vec<u8>> + 'a;

/// Returns the page as HTML.
///
/// `picture` returns the PNG of a photo, by its source and its id. It returns `None` if the photo
/// cannot be read.
pub fn page(report: &TrainingReport, picture: &mut Picture<'_>) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "Kindred: a training" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "A training" }
                (sources(report))
                (verdict(report))
                @for evaluation in &report.evaluations { (source(report, evaluation, picture)) }
                h2 { "Same person" }
                p {
                    "Photos of one person against photos of kin, \
                     of families that the score was not fitted to."
                }
                table { (header()) (row(&report.identity, "")) }
                (stages(&report.stages))
                (PreEscaped(charts::loss(report)))
                (PreEscaped(charts::accuracy(report)))
                p {
                    "Seed " (report.seed) ", heads trained in "
                    (format!("{:.0}", report.training_seconds))
                    " s. Resemblance is not proof of kinship."
                }
            }
        }
    };
    page.into_string()
}

fn sources(report: &TrainingReport) -> Markup {
    html! {
        table {
            (column_names(&[
                "source",
                "photos",
                "people",
                "families with kin",
                "pairs of kin",
                "trained on",
            ]))
            @for source in &report.sources {
                tr {
                    td { (source.name) }
                    td { (source.photos) }
                    td { (source.people) }
                    td { (source.families) }
                    td { (source.kin_pairs) }
                    td { (if report.trained_on.contains(&source.name) { "yes" } else { "no" }) }
                }
            }
        }
        @for reason in &report.left_out_sources { p { "Not trained on " (reason) "." } }
        p {
            "Every figure is measured by members that saw no family of its pairs. \
             Intervals are 95 % intervals over families."
        }
    }
}

fn verdict(report: &TrainingReport) -> Markup {
    html! {
        @if !report.verdict.objections.is_empty() {
            p { strong { "The ensemble was not written:" } }
            ul { @for objection in &report.verdict.objections { li { (objection) } } }
        }
    }
}

fn source(report: &TrainingReport, evaluation: &SourceReport, picture: &mut Picture<'_>) -> Markup {
    let how =
        if evaluation.is_left_out { "left out" } else { "its families left out, fold by fold" };
    let charts = [
        charts::roc(report, evaluation),
        charts::calibration(evaluation),
        charts::histogram(evaluation),
    ];
    html! {
        h2 { (evaluation.source) ", " (how) }
        p {
            (evaluation.pairs) " pairs, by members trained on "
            (evaluation.trained_on.join(", ")) "."
        }
        table {
            (header())
            @for cosine in &evaluation.cosines { (row(cosine, "")) }
            @for (index, member) in report.trained_members() {
                (row(&evaluation.members[index], &member.standing()))
            }
            (row(&evaluation.joined, ""))
            (row(&evaluation.ensemble, ""))
        }
        (probabilities(report, evaluation))
        (identification(evaluation))
        @for chart in charts { (PreEscaped(chart)) }
        (relations(&evaluation.relations))
        (examples("Strongest mistakes", evaluation, &evaluation.mistakes, picture))
        (examples("Surest right answers", evaluation, &evaluation.successes, picture))
    }
}

fn header() -> Markup {
    column_names(&[
        "score",
        "AUC",
        "average precision",
        "TAR at FAR 1 %",
        "Rank@10",
        "Cllr",
        "share",
    ])
}

fn column_names(names: &[&str]) -> Markup {
    html! {
        tr { @for name in names { th { (name) } } }
    }
}

fn row(score: &ScoreMetrics, note: &str) -> Markup {
    let ranking = score.ranking;
    html! {
        tr {
            td { (score.name) }
            td { (shown(ranking.map(|ranking| ranking.roc_auc))) }
            td { (shown(ranking.map(|ranking| ranking.average_precision))) }
            td { (shown(ranking.map(|ranking| ranking.true_accepts_at_1_percent))) }
            td { (shown(score.rank_10)) }
            td { (shown(score.likelihood.map(|likelihood| likelihood.cllr))) }
            td { (note) }
        }
    }
}

fn identification(evaluation: &SourceReport) -> Markup {
    html! {
        h3 { "Open-set identification" }
        p {
            "Probes of one photo. A person is marked at a nominal false positive \
             identification rate of 10 %."
        }
        table {
            (column_names(&["people", "probes", "FPIR", "DIR", "precision", "Rank@10"]))
            @for metrics in &evaluation.identification {
                tr {
                    td { (metrics.people) }
                    td { (metrics.probes) }
                    td { (shown(metrics.fpir)) }
                    td { (shown(metrics.dir)) }
                    td { (shown(metrics.precision)) }
                    td { (shown(metrics.rank_10)) }
                }
            }
        }
    }
}

fn stages(stages: &[StageReport]) -> Markup {
    html! {
        @if !stages.is_empty() {
            h2 { "Fine-tuned stages" }
            p {
                "The cosine's AUC on families that the stage neither learned from \
                 nor was chosen by."
            }
            table {
                (column_names(&["backbone", "frozen", "unfrozen", "kept"]))
                @for stage in stages {
                    tr {
                        td { (stage.backbone) }
                        td { (auc(stage.frozen)) }
                        td { (auc(stage.unfrozen)) }
                        td { (stage.standing()) }
                    }
                }
            }
        }
    }
}

fn auc(ranking: Option<RankingMetrics>) -> String {
    shown(ranking.map(|ranking| ranking.roc_auc))
}

fn probabilities(report: &TrainingReport, evaluation: &SourceReport) -> Markup {
    let metrics = evaluation.probabilities.zip(evaluation.ensemble.likelihood);
    html! {
        @if let Some((metrics, cost)) = metrics {
            p {
                "Accuracy " (shown(Some(metrics.accuracy)))
                ", Brier score " (shown(Some(metrics.brier_score)))
                ", calibration error " (shown(Some(metrics.calibration_error))) ", Cllr "
                (shown(Some(cost.cllr))) ", at best " (shown(Some(cost.min_cllr)))
                ". Pairs are kin from "
                (format!("{:.0}", 100.0 * report.kin_threshold)) " % on."
            }
        }
    }
}

fn relations(relations: &[RelationMetrics]) -> Markup {
    html! {
        @if !relations.is_empty() {
            h3 { "Relations" }
            table {
                (column_names(&["relation", "pairs", "AUC", "cosine's AUC", "accuracy"]))
                @for relation in relations {
                    tr {
                        td { (relation.relation) }
                        td { (relation.pairs) }
                        td { (shown(relation.roc_auc)) }
                        td { (shown(relation.cosine_roc_auc)) }
                        td { (shown(relation.accuracy)) }
                    }
                }
            }
        }
    }
}

fn examples(
    title: &str,
    evaluation: &SourceReport,
    examples: &[Example],
    picture: &mut Picture<'_>,
) -> Markup {
    html! {
        h3 { (title) }
        @for example in examples {
            figure {
                @for photo in &example.photos {
                    @if let Some(png) = picture(&evaluation.source, photo) {
                        img src=(data_url(&png)) alt=(photo) title=(photo);
                    }
                }
                figcaption {
                    (if example.is_kin { "kin" } else { "strangers" }) ", "
                    (format!("{:.0}", 100.0 * example.probability)) " %"
                }
            }
        }
    }
}

fn data_url(png: &[u8]) -> String {
    format!("data:image/png;base64,{}", BASE64_STANDARD.encode(png))
}

fn shown(figure: Option<Estimate>) -> String {
    figure.map_or("–".into(), |figure| figure.to_string())
}

//! A training's report as a page that needs nothing beside it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Example, Judgment, Report, StageReport, charts};
use crate::metrics::{Figure, RankingFigures, RelationFigures};

const STYLE: &str = "body{font:15px/1.5 sans-serif;max-width:960px;margin:2em auto;padding:0 1em;color:#222}\
table{border-collapse:collapse;margin:1em 0}td,th{padding:.25em .8em;text-align:left;border-bottom:1px solid #ddd}\
figure{display:inline-block;margin:.5em 1em .5em 0;text-align:center;font-size:13px}\
figure img{width:112px;height:112px;margin:1px}svg{max-width:100%}";

/// The page as HTML; `picture` gives the PNG of a photo by its identity, where it can be read.
pub fn page(report: &Report, picture: &mut dyn FnMut(&str) -> Option<Vec<u8>>) -> String {
    let data = &report.data;
    let charts = [
        charts::roc(report),
        charts::calibration(report),
        charts::histogram(report),
        charts::loss(report),
        charts::accuracy(report),
    ];
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { "Kindred: a training" } style { (PreEscaped(STYLE)) } }
            body {
                h1 { "A training" }
                p {
                    (data.photos) " photos of " (data.people) " people; " (data.kin_pairs) " pairs of kin in "
                    (data.families) " families. Figures are measured on " (data.judged_pairs)
                    " photo pairs, half of them of kin, each by heads that saw none of its families; the intervals "
                    "hold 95 % of what other families would have given."
                }
                (members(report))
                (stages(&report.stages))
                (probabilities(report))
                @for chart in charts { (PreEscaped(chart)) }
                (relations(&report.relations))
                (examples("Strongest mistakes", &report.mistakes, picture))
                (examples("Surest right answers", &report.successes, picture))
                p {
                    "Seed " (report.seed) ", heads trained in " (format!("{:.0}", report.training_seconds))
                    " s. A likeness is not a proof of kinship."
                }
            }
        }
    };
    page.into_string()
}

fn members(report: &Report) -> Markup {
    let note = |name: &str| if report.chosen == name { "chosen" } else { "" };
    html! {
        h2 { "Members" }
        table {
            tr { th { "score" } th { "AUC" } th { "mean of folds" } th { "TAR at FAR 1 %" } th { "share" } }
            @for cosine in &report.cosine {
                (row(&format!("cosine of {}", cosine.name), cosine, &report.cosine_standing(cosine)))
            }
            @for member in report.learned_members() { (row(&member.alone.name, &member.alone, &member.standing())) }
            (row("ensemble, mean", &report.mean, note("mean")))
            (row("ensemble, weighted", &report.weighted, note("weighted")))
        }
    }
}

fn row(name: &str, judgment: &Judgment, note: &str) -> Markup {
    let figures = judgment.figures;
    html! {
        tr {
            td { (name) }
            td { (shown(figures.map(|figures| figures.roc_auc))) }
            td { (format!("{:.3}", judgment.mean_fold_auc())) }
            td { (shown(figures.map(|figures| figures.true_accepts_at_1_percent))) }
            td { (note) }
        }
    }
}

fn stages(stages: &[StageReport]) -> Markup {
    let auc = |figures: Option<RankingFigures>| shown(figures.map(|figures| figures.roc_auc));
    html! {
        @if !stages.is_empty() {
            h2 { "Unfrozen stages" }
            p { "The cosine's AUC on families that the stage neither learned from nor was chosen by." }
            table {
                tr { th { "backbone" } th { "frozen" } th { "unfrozen" } th { "kept" } }
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

fn probabilities(report: &Report) -> Markup {
    let Some(figures) = &report.probabilities else { return html! {} };
    html! {
        p {
            "Accuracy " (shown(Some(figures.accuracy))) ", Brier score " (shown(Some(figures.brier_score)))
            ", calibration error " (shown(Some(figures.calibration_error))) ". Kin from "
            (format!("{:.0}", 100.0 * report.kin_threshold)) " % on."
        }
    }
}

fn relations(relations: &[RelationFigures]) -> Markup {
    html! {
        @if !relations.is_empty() {
            h2 { "Relations" }
            table {
                tr { th { "relation" } th { "pairs" } th { "AUC" } th { "cosine's AUC" } th { "accuracy" } }
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
    examples: &[Example],
    picture: &mut dyn FnMut(&str) -> Option<Vec<u8>>,
) -> Markup {
    let mut image = |photo: &str| {
        picture(photo).map(|png| format!("data:image/png;base64,{}", BASE64_STANDARD.encode(png)))
    };
    html! {
        h2 { (title) }
        @for example in examples {
            figure {
                @for photo in &example.photos {
                    @if let Some(image) = image(photo) { img src=(image) alt=(photo) title=(photo); }
                }
                figcaption {
                    (if example.is_kin { "kin" } else { "strangers" }) ", "
                    (format!("{:.0}", 100.0 * example.probability)) " %"
                }
            }
        }
    }
}

fn shown(figure: Option<Figure>) -> String {
    figure.map_or("–".into(), |figure| figure.to_string())
}

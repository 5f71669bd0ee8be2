//! The report of a training: figures of every member and of the ensemble on every source.

use serde::Serialize;

use super::corpus::Corpus;
use super::course::Epoch;
use super::identification::IdentificationFigures;
use super::panel::Panel;
use super::stage_report::StageReport;
use crate::kinship::{Recipe, bounded, probability};
use crate::metrics::{
    BINS, Bin, Figure, LikelihoodFigures, Pairs, Point, ProbabilityFigures, Ranking,
    RankingFigures, RelationFigures, reliability,
};

/// All figures of a training.
///
/// Every figure of kinship is measured by members that saw no family of its pairs.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Seed of everything that is random.
    pub seed: u64,
    /// The sources of photos.
    pub sources: Vec<SourceData>,
    /// Names of the sources that the members were trained on.
    pub trained_on: Vec<String>,
    /// Why other sources with kin were not.
    pub left_out_sources: Vec<String>,
    /// The members that were tried.
    pub members: Vec<MemberReport>,
    /// Per source with kin what members and ensemble do on it.
    pub evaluations: Vec<SourceReport>,
    /// The log likelihood ratio of the same person against kin, on families that it was not fitted to.
    pub identity: ScoreFigures,
    /// Whether the ensemble is better than the plain regression and the cosine.
    pub verdict: Verdict,
    /// From this probability on, at even odds, two photos are taken for kin's.
    pub kin_threshold: f64,
    /// How long the members took to train, in seconds.
    pub training_seconds: f64,
    /// Backbones whose last stage was unfrozen, before and after.
    pub stages: Vec<StageReport>,
}

/// A source of photos.
#[derive(Clone, Debug, Serialize)]
pub struct SourceData {
    /// Its name.
    pub name: String,
    /// Photos with embeddings.
    pub photos: usize,
    /// People with photos.
    pub people: usize,
    /// Families with listed kin who have photos.
    pub families: usize,
    /// Listed pairs of kin that could be used.
    pub kin_pairs: usize,
    /// Listed pairs that could not, because a person has no photo.
    pub lacking_photos: usize,
    /// Listed pairs that could not, because they are of two families.
    pub across_families: usize,
}

/// A member that was tried.
#[derive(Clone, Debug, Serialize)]
pub struct MemberReport {
    /// Its name in a bundle.
    pub name: String,
    /// Its recipe.
    pub recipe: String,
    /// Its backbone.
    pub backbone: String,
    /// Its share in the ensemble, 0 to 1.
    pub weight: f64,
    /// Why it could not join the ensemble; `None` if it could.
    pub left_out: Option<String>,
    /// How it was trained, epoch by epoch.
    pub epochs: Vec<Epoch>,
}

/// One source, evaluated by members that saw none of its families.
#[derive(Clone, Debug, Serialize)]
pub struct SourceReport {
    /// The source.
    pub source: String,
    /// Whether the members saw no family of this source at all; else its families were left out fold by fold.
    pub is_left_out: bool,
    /// Sources that the members were trained on.
    pub trained_on: Vec<String>,
    /// Pairs of photos, half of them of kin.
    pub pairs: usize,
    /// Per backbone its cosine.
    pub cosines: Vec<ScoreFigures>,
    /// Per member its score.
    pub members: Vec<ScoreFigures>,
    /// The weighted scores before normalization.
    pub joined: ScoreFigures,
    /// The ensemble's likelihood ratio.
    pub ensemble: ScoreFigures,
    /// Its probabilities at even odds.
    pub probabilities: Option<ProbabilityFigures>,
    /// Relation by relation, if the list names relations.
    pub relations: Vec<RelationFigures>,
    /// Open-set identification in galleries of growing size.
    pub identification: Vec<IdentificationFigures>,
    /// The probabilities in equal parts of 0 to 1, with the share of kin.
    pub reliability: Vec<Bin>,
    /// How many probabilities are in each of twenty equal parts of 0 to 1.
    pub histogram: Histogram,
    /// The strongest mistakes.
    pub mistakes: Vec<Example>,
    /// The surest right answers.
    pub successes: Vec<Example>,
}

/// How well a score separates kin from others.
#[derive(Clone, Debug, Serialize)]
pub struct ScoreFigures {
    /// The score's name.
    pub name: String,
    /// Its figures; `None` if there are no pairs.
    pub figures: Option<RankingFigures>,
    /// Share of probes with a relative among the first ten of a search in the whole source, by this score.
    pub rank_10: Option<Figure>,
    /// The cost of its log likelihood ratios; `None` for a score that is not calibrated.
    pub likelihood: Option<LikelihoodFigures>,
    /// The ROC, as shares of false and of true accepts.
    pub roc: Vec<[f64; 2]>,
}

/// Whether an ensemble may be written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// What speaks against it; it may be written if there is nothing.
    pub objections: Vec<String>,
}

/// Pairs by their probabilities, from 0 to 1.
#[derive(Clone, Debug, Serialize)]
pub struct Histogram {
    /// Pairs of kin in each part.
    pub kin: Vec<usize>,
    /// Other pairs in each part.
    pub others: Vec<usize>,
}

/// A pair that is shown.
#[derive(Clone, Debug, Serialize)]
pub struct Example {
    /// The photos, such as F0001/MID1/P00001_face0.
    pub photos: [String; 2],
    /// The probability of kinship at even odds, 0 to 1.
    pub probability: f64,
    /// Whether they are kin.
    pub is_kin: bool,
}

/// Parts of the histogram.
const PARTS: usize = 20;
/// Pairs of kin that are shown, of the best and of the worst; and as many others.
const EXAMPLES: usize = 10;
/// Points of a curve that is drawn.
const ROC_POINTS: usize = 200;

impl SourceData {
    pub(super) fn new(corpus: &Corpus) -> Self {
        let pedigree = &corpus.pedigree;
        Self {
            name: corpus.name.clone(),
            photos: pedigree.photos().len(),
            people: pedigree.people().len(),
            families: pedigree.families_with_kin().len(),
            kin_pairs: pedigree.kin().len(),
            lacking_photos: pedigree.skipped.lacking_photos,
            across_families: pedigree.skipped.across_families,
        }
    }
}

impl Report {
    /// The members that were trained: all but the cosines.
    pub fn trained_members(&self) -> impl Iterator<Item = (usize, &MemberReport)> {
        self.members.iter().enumerate().filter(|(_, member)| member.recipe != Recipe::COSINE)
    }
}

impl MemberReport {
    /// Its share in the ensemble, or why it has none, as text.
    pub fn standing(&self) -> String {
        match &self.left_out {
            Some(reason) => format!("left out: {reason}"),
            None => format!("{:.2}", self.weight),
        }
    }
}

impl ScoreFigures {
    pub(super) fn new(name: &str, pairs: &Pairs, seed: u64) -> Self {
        Self {
            name: name.to_owned(),
            figures: pairs.ranking_figures(seed),
            rank_10: None,
            likelihood: None,
            roc: roc(pairs),
        }
    }

    /// The area under the ROC; one half if there are no pairs.
    pub fn auc(&self) -> f64 {
        self.figures.map_or(0.5, |figures| figures.roc_auc.value)
    }
}

/// Some points of the ROC, evenly spread over its thresholds.
fn roc(pairs: &Pairs) -> Vec<[f64; 2]> {
    let curve = Ranking::new(&pairs.scores, &pairs.is_kin).curve();
    let points = curve.points();
    let Some(last) = points.last() else { return Vec::new() };
    let kin = last.true_accepts.max(1.0);
    let others = last.false_accepts.max(1.0);
    let share = |point: &Point| [point.false_accepts / others, point.true_accepts / kin];
    let every = points.len().div_ceil(ROC_POINTS);
    let mut shares = vec![[0.0, 0.0]];
    shares.extend(points.iter().step_by(every).map(share));
    shares.push([1.0, 1.0]);
    shares
}

/// Log likelihood ratios as probabilities at even odds.
pub(super) fn probabilities(log_likelihood_ratios: &[f64]) -> Vec<f64> {
    log_likelihood_ratios.iter().map(|&ratio| probability(bounded(ratio))).collect()
}

/// Probabilities in equal parts of 0 to 1, with what was true.
pub(super) fn bins(pairs: &Pairs) -> Vec<Bin> {
    reliability(&pairs.scores, &pairs.is_kin, BINS, |_| 1.0)
}

pub(super) fn histogram(pairs: &Pairs) -> Histogram {
    let mut counts = [vec![0; PARTS], vec![0; PARTS]];
    for (score, &is_kin) in pairs.scores.iter().zip(&pairs.is_kin) {
        counts[usize::from(is_kin)][((score * PARTS as f64) as usize).min(PARTS - 1)] += 1;
    }
    let [others, kin] = counts;
    Histogram { kin, others }
}

/// Which pairs are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Mistakes,
    Successes,
}

/// The strongest mistakes or the surest right answers, one of every two families.
pub(super) fn examples(
    source: &Corpus,
    panel: &Panel,
    probabilities: &[f64],
    shown: Shown,
) -> Vec<Example> {
    let name = |photo: usize| source.pedigree.photos()[photo].to_string();
    let mut found = Vec::new();
    for is_kin in [true, false] {
        let of_kind = |i: &usize| panel.pairs[*i].is_kin == is_kin;
        let mut indices: Vec<usize> = (0..panel.pairs.len()).filter(of_kind).collect();
        let likely_first = is_kin != (shown == Shown::Mistakes);
        indices.sort_by(|&a, &b| {
            let order = probabilities[a].total_cmp(&probabilities[b]);
            if likely_first { order.reverse() } else { order }
        });
        let mut seen = std::collections::HashSet::new();
        indices.retain(|&i| seen.insert(panel.pairs[i].families));
        found.extend(indices.into_iter().take(EXAMPLES).map(|i| Example {
            photos: panel.pairs[i].photos.map(name),
            probability: probabilities[i],
            is_kin,
        }));
    }
    found
}

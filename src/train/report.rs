//! What a training came to.

use serde::Serialize;

use super::corpus::Corpus;
use super::course::Epoch;
use super::judge::Judged;
use super::stage_report::StageReport;
use crate::kinship::Recipe;
use crate::metrics::{
    BINS, Bin, Pairs, Point, ProbabilityFigures, Ranking, RankingFigures, RelationFigures,
    reliability,
};

/// All figures of a training; those of kinship are measured on families that nothing was learned from, chosen by or
/// calibrated on.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Seed of all that is random.
    pub seed: u64,
    /// What there was to learn from.
    pub data: Data,
    /// The members, in the order of the ensemble.
    pub members: Vec<MemberReport>,
    /// Per backbone the floor: the cosine of its embeddings.
    pub cosine: Vec<Judgment>,
    /// The members' mean.
    pub mean: Judgment,
    /// The members weighted by a logistic regression.
    pub weighted: Judgment,
    /// Which of the two the ensemble is: `mean` or `weighted`.
    pub chosen: &'static str,
    /// The chosen one's probabilities.
    pub probabilities: Option<ProbabilityFigures>,
    /// From this probability on two people are taken for kin.
    pub kin_threshold: f64,
    /// The chosen one, relation by relation, where the list names relations.
    pub relations: Vec<RelationFigures>,
    /// The probabilities in equal parts of 0 to 1, beside what was true.
    pub reliability: Vec<Bin>,
    /// How many probabilities are in each of twenty equal parts of 0 to 1.
    pub histogram: Histogram,
    /// Kin who were judged least likely, and others who were judged likeliest, the strongest mistakes first.
    pub mistakes: Vec<Example>,
    /// Kin who were judged likeliest, and others who were judged least likely, the surest first.
    pub successes: Vec<Example>,
    /// How long the heads took to train, in seconds.
    pub training_seconds: f64,
    /// The backbones whose last stage was unfrozen, before and after; none unless asked for.
    pub stages: Vec<StageReport>,
}

/// Judged pairs by their probabilities, from 0 to 1.
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
    /// How likely the ensemble took them for kin, 0 to 1.
    pub probability: f64,
    /// Whether they are.
    pub is_kin: bool,
}

/// What there was to learn from.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Data {
    /// Photos with embeddings.
    pub photos: usize,
    /// People with photos.
    pub people: usize,
    /// Families with listed kin who have photos.
    pub families: usize,
    /// Listed pairs of kin that could be used.
    pub kin_pairs: usize,
    /// Listed pairs left out because somebody has no photo.
    pub lacking_photos: usize,
    /// Listed pairs left out because they are of two families.
    pub across_families: usize,
    /// Photo pairs that the figures are measured on, half of them of kin.
    pub judged_pairs: usize,
}

/// How well a score tells kin from others.
#[derive(Clone, Debug, Serialize)]
pub struct Judgment {
    /// What gives the score.
    pub name: String,
    /// Over all test families; none where they have no pairs.
    pub figures: Option<RankingFigures>,
    /// Area under the ROC fold by fold.
    pub fold_aucs: Vec<Option<f64>>,
    /// The ROC, as shares of false and of true accepts.
    pub roc: Vec<[f64; 2]>,
}

/// A member and what it was worth.
#[derive(Clone, Debug, Serialize)]
pub struct MemberReport {
    /// Its recipe's name.
    pub recipe: String,
    /// Its backbone's name.
    pub backbone: String,
    /// Why it is not in the ensemble; none where it is.
    pub left_out: Option<String>,
    /// Its share in the ensemble.
    pub weight: f64,
    /// Alone, on the test families.
    pub alone: Judgment,
    /// How it learned, per fold and last for the ensemble that is kept.
    pub epochs: Vec<Vec<Epoch>>,
}

/// Parts of the histogram.
const PARTS: usize = 20;
/// Pairs of kin that are shown, of those that were judged best and worst; and as many others.
const EXAMPLES: usize = 10;
/// Points of a curve that is drawn.
const ROC_POINTS: usize = 200;

impl Data {
    pub(super) fn new(corpus: &Corpus, judged: &Judged) -> Self {
        let pedigree = &corpus.pedigree;
        Self {
            photos: pedigree.photos().len(),
            people: pedigree.people().len(),
            families: pedigree.families_with_kin().len(),
            kin_pairs: pedigree.kin().len(),
            lacking_photos: pedigree.skipped.lacking_photos,
            across_families: pedigree.skipped.across_families,
            judged_pairs: judged.pairs.len(),
        }
    }
}

impl Report {
    /// The members that learned something: all but the cosines, which stand in [`Self::cosine`].
    pub fn learned_members(&self) -> impl Iterator<Item = &MemberReport> {
        self.members.iter().filter(|member| member.recipe != Recipe::COSINE)
    }

    /// How one of the cosines stands as a member of the ensemble, in words.
    pub fn cosine_standing(&self, cosine: &Judgment) -> String {
        let is_it = |member: &&MemberReport| {
            member.recipe == Recipe::COSINE && member.backbone == cosine.name
        };
        self.members.iter().find(is_it).map(MemberReport::standing).unwrap_or_default()
    }

    /// How good the ensemble is that was chosen.
    pub fn ensemble(&self) -> &Judgment {
        if self.chosen == self.mean.name { &self.mean } else { &self.weighted }
    }
}

impl MemberReport {
    /// Its share in the ensemble, or why it has none, in words.
    pub fn standing(&self) -> String {
        match &self.left_out {
            Some(reason) => format!("left out: {reason}"),
            None => format!("{:.3}", self.weight),
        }
    }
}

impl Judgment {
    pub(super) fn new(name: &str, judged: &Judged, (scores, seed): (&[f64], u64)) -> Self {
        let pairs = judged.scored(scores);
        Self {
            name: name.to_owned(),
            figures: pairs.ranking_figures(seed),
            fold_aucs: judged.fold_aucs(scores),
            roc: roc(&pairs),
        }
    }

    /// The mean of the folds' areas under the ROC.
    pub fn mean_fold_auc(&self) -> f64 {
        let aucs: Vec<f64> = self.fold_aucs.iter().copied().flatten().collect();
        aucs.iter().sum::<f64>() / aucs.len().max(1) as f64
    }
}

/// Some points of the ROC, evenly spread over its thresholds.
fn roc(pairs: &Pairs) -> Vec<[f64; 2]> {
    let curve = Ranking::new(&pairs.scores, &pairs.is_kin).curve();
    let points = curve.points();
    let Some(last) = points.last() else { return Vec::new() };
    let (kin, others) = (last.true_accepts.max(1.0), last.false_accepts.max(1.0));
    let share = |point: &Point| [point.false_accepts / others, point.true_accepts / kin];
    let every = points.len().div_ceil(ROC_POINTS);
    let mut shares = vec![[0.0, 0.0]];
    shares.extend(points.iter().step_by(every).map(share));
    shares.push([1.0, 1.0]);
    shares
}

/// Probabilities in equal parts of 0 to 1, beside what was true.
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

/// The strongest mistakes or the surest right answers, one of every two families.
pub(super) fn examples(
    corpus: &Corpus,
    (judged, probabilities): (&Judged, &[f64]),
    mistakes: bool,
) -> Vec<Example> {
    let name = |at: usize| corpus.pedigree.photos()[at].to_string();
    let mut found = Vec::new();
    for is_kin in [true, false] {
        let of_kind = |at: &usize| judged.pairs[*at].is_kin == is_kin;
        let mut places: Vec<usize> = (0..judged.pairs.len()).filter(of_kind).collect();
        let likely_first = is_kin != mistakes;
        places.sort_by(|&a, &b| {
            let order = probabilities[a].total_cmp(&probabilities[b]);
            if likely_first { order.reverse() } else { order }
        });
        let mut seen = std::collections::HashSet::new();
        places.retain(|&at| seen.insert(judged.pairs[at].families));
        found.extend(places.into_iter().take(EXAMPLES).map(|at| Example {
            photos: judged.pairs[at].photos.map(name),
            probability: probabilities[at],
            is_kin,
        }));
    }
    found
}

//! Report of a training run: metrics of all members and the ensemble, per source.

use serde::Serialize;

use super::examples::{Example, Histogram};
use super::stage_report::StageReport;
use crate::metrics::{
    Bin, Estimate, LikelihoodMetrics, Pairs, ProbabilityMetrics, Ranking, RankingMetrics,
    RelationMetrics,
};
use crate::train::data::corpus::Corpus;
use crate::train::head::recipe::Recipe;
use crate::train::runs::ensemble::early_stopping::Epoch;
use crate::train::runs::ensemble::identification::IdentificationMetrics;
use crate::train::runs::ensemble::verdict::Verdict;

/// All metrics of a training run.
///
/// Every kinship metric is measured by members that saw no family of its pairs.
#[derive(Clone, Debug, Serialize)]
pub struct TrainingReport {
    /// Seed of all random choices.
    pub seed: u64,
    /// Sources of photos.
    pub sources: Vec<SourceData>,
    /// Names of the sources that the members were trained on.
    pub trained_on: Vec<String>,
    /// Reasons why other sources with kin were not used for training.
    pub left_out_sources: Vec<String>,
    /// All trained or evaluated members.
    pub members: Vec<MemberReport>,
    /// Per source with kin, the metrics of the members and of the ensemble.
    pub evaluations: Vec<SourceReport>,
    /// Log likelihood ratio of the same person against kin, on families outside its fit.
    pub identity: ScoreMetrics,
    /// Whether the ensemble is better than the plain regression and the cosine.
    pub verdict: Verdict,
    /// Minimum probability, at even odds, at which two photos count as kin.
    pub kin_threshold: f64,
    /// Training time of the members, in seconds.
    pub training_seconds: f64,
    /// Backbones with an unfrozen last stage, before and after training.
    pub stages: Vec<StageReport>,
}

/// Source of photos.
#[derive(Clone, Debug, Serialize)]
pub struct SourceData {
    /// Name of the source.
    pub name: String,
    /// Photos with embeddings.
    pub photos: usize,
    /// People with photos.
    pub people: usize,
    /// Families with listed kin that have photos.
    pub families: usize,
    /// Usable listed kin pairs.
    pub kin_pairs: usize,
    /// Listed pairs that are unusable because a person has no photo.
    pub lacking_photos: usize,
    /// Listed pairs that are unusable because they are of two families.
    pub across_families: usize,
}

/// Trained or evaluated member.
#[derive(Clone, Debug, Serialize)]
pub struct MemberReport {
    /// Name of the member in a bundle.
    pub name: String,
    /// Recipe of the member.
    pub recipe: String,
    /// Backbone of the member.
    pub backbone: String,
    /// Share of the member in the ensemble, 0 to 1.
    pub weight: f64,
    /// Reason for exclusion from the ensemble. `None` if the member could join.
    pub left_out: Option<String>,
    /// Training history, epoch by epoch.
    pub epochs: Vec<Epoch>,
}

/// One source, evaluated by members that saw none of its families.
#[derive(Clone, Debug, Serialize)]
pub struct SourceReport {
    /// Name of the source.
    pub source: String,
    /// Whether the members saw no family of this source.
    ///
    /// If `false`, the families were left out fold by fold.
    pub is_left_out: bool,
    /// Sources that the members were trained on.
    pub trained_on: Vec<String>,
    /// Number of photo pairs, half of them kin.
    pub pairs: usize,
    /// Per backbone, the metrics of its cosine.
    pub cosines: Vec<ScoreMetrics>,
    /// Per member, the metrics of its score.
    pub members: Vec<ScoreMetrics>,
    /// Metrics of the weighted scores before normalization.
    pub joined: ScoreMetrics,
    /// Metrics of the ensemble's likelihood ratio.
    pub ensemble: ScoreMetrics,
    /// Metrics of the ensemble's probabilities at even odds.
    pub probabilities: Option<ProbabilityMetrics>,
    /// Metrics of each relation, if the list names relations.
    pub relations: Vec<RelationMetrics>,
    /// Open-set identification in galleries of growing size.
    pub identification: Vec<IdentificationMetrics>,
    /// Probabilities in equal parts of 0 to 1, with the share of kin.
    pub reliability: Vec<Bin>,
    /// Number of probabilities in each of twenty equal parts of 0 to 1.
    pub histogram: Histogram,
    /// Errors with the highest confidence.
    pub mistakes: Vec<Example>,
    /// Correct results with the highest confidence.
    pub successes: Vec<Example>,
}

/// Metrics of the separation of kin from other pairs by a score.
#[derive(Clone, Debug, Serialize)]
pub struct ScoreMetrics {
    /// Name of the score.
    pub name: String,
    /// Metrics of the score. `None` if there are no pairs.
    #[serde(rename = "figures")]
    pub ranking: Option<RankingMetrics>,
    /// Share of probes with a relative among the first ten people by this score.
    ///
    /// The searches cover all people of the source.
    pub rank_10: Option<Estimate>,
    /// Cost of the log likelihood ratios. `None` if the score is not calibrated.
    pub likelihood: Option<LikelihoodMetrics>,
    /// ROC, as shares of false and of true accepts.
    pub roc: Vec<[f64; 2]>,
}

/// Number of points of a drawn curve.
const ROC_POINTS: usize = 200;

impl SourceData {
    pub(crate) fn new(corpus: &Corpus) -> Self {
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

impl TrainingReport {
    /// Returns the trained members: all except the cosines.
    pub fn trained_members(&self) -> impl Iterator<Item = (usize, &MemberReport)> {
        self.members.iter().enumerate().filter(|(_, member)| member.recipe != Recipe::COSINE)
    }
}

impl MemberReport {
    /// Returns the member's share in the ensemble, or the reason for its exclusion, as text.
    pub fn standing(&self) -> String {
        match &self.left_out {
            Some(reason) => format!("left out: {reason}"),
            None => format!("{:.2}", self.weight),
        }
    }
}

impl ScoreMetrics {
    pub(crate) fn new(name: &str, pairs: &Pairs, seed: u64) -> Self {
        Self {
            name: name.to_owned(),
            ranking: pairs.ranking_metrics(seed),
            rank_10: None,
            likelihood: None,
            roc: roc(pairs),
        }
    }

    /// Returns the area under the ROC, or one half if there are no pairs.
    pub fn auc(&self) -> f64 {
        self.ranking.map_or(0.5, |ranking| ranking.roc_auc.value)
    }
}

/// Returns some points of the ROC, evenly spread over its thresholds.
fn roc(pairs: &Pairs) -> Vec<[f64; 2]> {
    let curve = Ranking::new(&pairs.scores, &pairs.is_kin).curve();
    let points = curve.points();
    let Some(last) = points.last() else { return Vec::new() };
    let kin = last.true_accepts.max(1.0);
    let others = last.false_accepts.max(1.0);
    let mut shares = vec![[0.0, 0.0]];
    for point in points.iter().step_by(points.len().div_ceil(ROC_POINTS)) {
        shares.push([point.false_accepts / others, point.true_accepts / kin]);
    }
    shares.push([1.0, 1.0]);
    shares
}

//! Metrics of a trained ensemble: the content of its report.

use super::examples::{ExampleKind, examples, histogram};
use super::training_report::{
    MemberReport, ScoreMetrics, SourceData, SourceReport, TrainingReport,
};
use crate::kinship::bounded;
use crate::metrics::{BINS, Bootstrap, Estimate, RatioTerm, reliability};
use crate::train::error::TrainError;
use crate::train::head::recipe::Recipe;
use crate::train::runs::ensemble::assembly::Assembly;
use crate::train::runs::ensemble::calibration::probabilities;
use crate::train::runs::ensemble::open_set::FittedOpenSet;
use crate::train::runs::ensemble::rounds::{EvaluatedSource, best_scores};
use crate::train::runs::ensemble::shortlist::PhotoScore;
use crate::train::runs::ensemble::verdict::{BaselineComparison, ComparedScores, Verdict};

/// Searches of a source's probes by the cosine, per backbone.
type CosineHits = Vec<Vec<RatioTerm>>;

/// Trained ensemble with its open-set model, to be reported.
pub(crate) struct EnsembleEvaluation<'a> {
    pub(crate) assembly: &'a Assembly<'a>,
    pub(crate) open_set: &'a FittedOpenSet,
    pub(crate) kin_threshold: f64,
    pub(crate) training_seconds: f64,
}

impl EnsembleEvaluation<'_> {
    /// Returns all metrics of the training run.
    ///
    /// # Errors
    /// [`TrainError::Kinship`] if a head cannot be computed.
    pub(crate) fn report(&self) -> Result<TrainingReport, TrainError> {
        let Assembly { sources, options, rounds, .. } = self.assembly;
        let mut cosine_hits = Vec::new();
        for source in &rounds.evaluated {
            cosine_hits.push(cosine_hits_of(source, options.seed)?);
        }
        let mut evaluations = Vec::new();
        for (i, cosine_hits) in cosine_hits.iter().enumerate() {
            evaluations.push(self.source_report(i, cosine_hits)?);
        }
        let comparisons: Vec<BaselineComparison> =
            cosine_hits.iter().enumerate().map(|(i, hits)| self.comparison(i, hits)).collect();
        Ok(TrainingReport {
            seed: options.seed,
            sources: sources.iter().map(SourceData::new).collect(),
            trained_on: rounds.trained_on.clone(),
            left_out_sources: rounds.left_out.clone(),
            members: (0..rounds.last.members.len()).map(|i| self.member_report(i)).collect(),
            identity: self.identity(),
            verdict: Verdict::new(&comparisons),
            evaluations,
            kin_threshold: self.kin_threshold,
            training_seconds: self.training_seconds,
            stages: Vec::new(),
        })
    }

    fn member_report(&self, i: usize) -> MemberReport {
        let Assembly { sources, rounds, weights, left_out, .. } = self.assembly;
        let member = &rounds.last.members[i];
        MemberReport {
            name: self.assembly.name(i),
            recipe: member.recipe.to_owned(),
            backbone: sources[0].backbones[member.backbone].0.clone(),
            weight: weights[i],
            left_out: left_out[i].clone(),
            epochs: member.epochs.clone(),
        }
    }

    fn identity(&self) -> ScoreMetrics {
        let pairs = &self.open_set.identity_pairs;
        let seed = self.assembly.options.seed;
        ScoreMetrics {
            likelihood: pairs.likelihood_metrics(seed),
            ..ScoreMetrics::new("same person against kin", pairs, seed)
        }
    }

    fn source_report(
        &self,
        i: usize,
        cosine_hits: &[Vec<RatioTerm>],
    ) -> Result<SourceReport, TrainError> {
        let seed = self.assembly.options.seed;
        let evaluated = &self.assembly.rounds.evaluated[i];
        let pair_set = &self.assembly.pair_sets[i];
        let ratios: Vec<f64> = self.open_set.pairs[i].iter().map(|&ratio| bounded(ratio)).collect();
        let probabilities = probabilities(&ratios);
        let pairs = pair_set.scored(&probabilities);
        let cosine_pairs = pair_set.scored(&pair_set.cosines[0]);
        let joined = pair_set.scored(&pair_set.joined(&self.assembly.weights));
        let ratio_pairs = pair_set.scored(&ratios);
        Ok(SourceReport {
            source: evaluated.source.name.clone(),
            is_left_out: evaluated.is_left_out(),
            trained_on: evaluated.trained_on.clone(),
            pairs: pair_set.pairs.len(),
            cosines: self.cosine_metrics(i, cosine_hits),
            members: self.member_metrics(i)?,
            joined: ScoreMetrics::new("not normalized", &joined, seed),
            ensemble: ScoreMetrics {
                rank_10: rank_10(evaluated, &self.open_set.shortlists[i], seed),
                likelihood: ratio_pairs.likelihood_metrics(seed),
                ..ScoreMetrics::new("ensemble", &ratio_pairs, seed)
            },
            probabilities: pairs.probability_metrics(0.5, seed),
            relations: pairs.relation_metrics(&cosine_pairs, 0.5, seed),
            identification: self.open_set.identification[i].clone(),
            reliability: reliability(&pairs.scores, &pairs.is_kin, BINS, |_| 1.0),
            histogram: histogram(&pairs),
            mistakes: examples(evaluated.source, pair_set, &probabilities, ExampleKind::Mistakes),
            successes: examples(evaluated.source, pair_set, &probabilities, ExampleKind::Successes),
        })
    }

    /// Returns the metrics of each backbone's cosine on an evaluated source.
    fn cosine_metrics(&self, i: usize, cosine_hits: &[Vec<RatioTerm>]) -> Vec<ScoreMetrics> {
        let seed = self.assembly.options.seed;
        let evaluated = &self.assembly.rounds.evaluated[i];
        let pair_set = &self.assembly.pair_sets[i];
        let mut metrics = Vec::new();
        for (backbone, (scores, hits)) in pair_set.cosines.iter().zip(cosine_hits).enumerate() {
            let name = format!("cosine of {}", evaluated.source.backbones[backbone].0);
            metrics.push(ScoreMetrics {
                rank_10: rank_10(evaluated, hits, seed),
                ..ScoreMetrics::new(&name, &pair_set.scored(scores), seed)
            });
        }
        metrics
    }

    /// Returns the metrics of each member on an evaluated source.
    fn member_metrics(&self, i: usize) -> Result<Vec<ScoreMetrics>, TrainError> {
        let seed = self.assembly.options.seed;
        let evaluated = &self.assembly.rounds.evaluated[i];
        let pair_set = &self.assembly.pair_sets[i];
        let mut metrics = Vec::new();
        for (index, scores) in pair_set.scores.iter().enumerate() {
            let name = self.assembly.name(index);
            let score = PhotoScore::Member { index, name: &name };
            let hits = evaluated.shortlist_hits(&score, seed)?;
            let pairs = pair_set.scored(scores);
            metrics.push(ScoreMetrics {
                rank_10: rank_10(evaluated, &hits, seed),
                likelihood: pairs.likelihood_metrics(seed),
                ..ScoreMetrics::new(&name, &pairs, seed)
            });
        }
        Ok(metrics)
    }

    /// Compares the ensemble with the baselines on an evaluated source.
    fn comparison(&self, i: usize, cosine_hits: &[Vec<RatioTerm>]) -> BaselineComparison {
        let Assembly { options, rounds, pair_sets, .. } = self.assembly;
        let source = rounds.evaluated[i].source;
        BaselineComparison::new(&ComparedScores {
            source: &source.name,
            families: source.pedigree.families().len(),
            pair_set: &pair_sets[i],
            ensemble: &self.open_set.pairs[i],
            regression: best_scores(&rounds.last, &pair_sets[i], Recipe::REGRESSION),
            ensemble_hits: &self.open_set.shortlists[i],
            cosine_hits: &cosine_hits[0],
            seed: options.seed,
        })
    }
}

fn cosine_hits_of(evaluated: &EvaluatedSource<'_>, seed: u64) -> Result<CosineHits, TrainError> {
    (0..evaluated.source.backbones.len())
        .map(|backbone| evaluated.shortlist_hits(&PhotoScore::Cosine(backbone), seed))
        .collect()
}

/// Returns the share of probes with a relative among the first ten people.
fn rank_10(evaluated: &EvaluatedSource<'_>, hits: &[RatioTerm], seed: u64) -> Option<Estimate> {
    let families = Bootstrap::new(evaluated.source.pedigree.families().len(), seed);
    let [share] = families.estimates(|counts| [RatioTerm::ratio(hits, counts)]);
    share
}

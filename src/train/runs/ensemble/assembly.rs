//! Assembly of the chosen members into an ensemble, with its open-set model.

use super::calibration::probabilities;
use super::members::TrainedSplit;
use super::open_set::{FittedOpenSet, OpenSetData};
use super::options::EnsembleOptions;
use super::pair_set::PairSet;
use super::rounds::{EvaluatedSource, Rounds, best_of};
use super::selection::{Criterion, SourceScores, select};
use crate::kinship::{
    Ensemble, EnsembleConfig, KinshipError, MemberConfig, OpenSet, serialize_with_open_set,
};
use crate::metrics::Ranking;
use crate::train::data::corpus::Corpus;
use crate::train::error::TrainError;
use crate::train::head::recipe::Recipe;

/// Members that form an ensemble.
pub(crate) struct Assembly<'a> {
    pub(crate) sources: &'a [Corpus],
    pub(crate) options: &'a EnsembleOptions,
    pub(crate) rounds: Rounds<'a>,
    /// All pairs of each evaluated source.
    pub(crate) pair_sets: Vec<PairSet>,
    /// Weight of each member.
    pub(crate) weights: Vec<f64>,
    /// Per member, the reason for its exclusion, if any.
    pub(crate) left_out: Vec<Option<String>>,
}

impl<'a> Assembly<'a> {
    /// Chooses the members and their weights.
    ///
    /// # Errors
    /// [`TrainError::NoRegression`] if the plain regression is not among the members.
    pub(crate) fn new(
        sources: &'a [Corpus],
        options: &'a EnsembleOptions,
        mut rounds: Rounds<'a>,
    ) -> Result<Self, TrainError> {
        let pair_sets: Vec<PairSet> =
            rounds.evaluated.iter().map(EvaluatedSource::pair_set).collect();
        let left_out = left_out(&rounds.last, &pair_sets, options.min_auc);
        let may_join: Vec<bool> = left_out.iter().map(Option::is_none).collect();
        let members = &rounds.last.members;
        let first = members.iter().position(|member| member.recipe == Recipe::REGRESSION);
        let first = first.ok_or(TrainError::NoRegression)?;
        let scores: Vec<SourceScores<'_>> = pair_sets
            .iter()
            .map(|pair_set| SourceScores { members: &pair_set.scores, is_kin: pair_set.is_kin() })
            .collect();
        let weights = select(&scores, first, &may_join);
        for part in rounds.evaluated.iter_mut().flat_map(|source| &mut source.parts) {
            part.joined = part.pair_set.joined(&weights);
        }
        Ok(Self { sources, options, rounds, pair_sets, weights, left_out })
    }

    /// Fits the open-set model.
    ///
    /// # Errors
    /// As [`OpenSetData::fit`].
    pub(crate) fn fit_open_set(&self) -> Result<FittedOpenSet, TrainError> {
        let mut ensembles = Vec::new();
        for source in &self.rounds.evaluated {
            let parts = source.parts.iter().map(|part| self.ensemble(&part.split));
            ensembles.push(parts.collect::<Result<Vec<Ensemble>, KinshipError>>()?);
        }
        OpenSetData {
            sources: self.sources,
            evaluated: &self.rounds.evaluated,
            ensembles: &ensembles,
            seed: self.options.seed,
        }
        .fit()
    }

    /// Returns the configuration of the ensemble.
    pub(crate) fn ensemble_config(&self, open_set: &FittedOpenSet) -> EnsembleConfig {
        EnsembleConfig {
            kin_threshold: self.kin_threshold(open_set),
            false_accept_rate: self.options.false_accept_rate,
            same_person_threshold: self.same_person_threshold(),
            open_set: Some(open_set.model.config.clone()),
            ..self.member_configs(&self.rounds.last)
        }
    }

    /// Returns the weights of the ensemble, as safetensors.
    pub(crate) fn weights(
        &self,
        config: &EnsembleConfig,
        model: &OpenSet,
    ) -> Result<Vec<u8>, KinshipError> {
        let names = config.members.iter().map(|member| member.name.as_str());
        let heads = self.chosen(&self.rounds.last).map(|(i, _)| &self.rounds.last.members[i].head);
        let backbones: Vec<&str> =
            self.sources[0].backbones.iter().map(|(name, _)| name.as_str()).collect();
        serialize_with_open_set(names.zip(heads), model, &backbones)
    }

    /// Returns the index and the weight of each member with a positive weight.
    fn chosen<'s>(&'s self, split: &'s TrainedSplit) -> impl Iterator<Item = (usize, f64)> + 's {
        let weights = self.weights.iter().copied().take(split.members.len());
        weights.enumerate().filter(|(_, weight)| *weight > 0.0)
    }

    /// Returns an uncalibrated configuration with the chosen members of a split.
    fn member_configs(&self, split: &TrainedSplit) -> EnsembleConfig {
        let mut members = Vec::new();
        for (i, weight) in self.chosen(split) {
            members.push(MemberConfig {
                name: self.name(i),
                backbone: self.sources[0].backbones[split.members[i].backbone].0.clone(),
                weight,
                calibration: split.calibrations[i],
                head: split.members[i].head.config().clone(),
            });
        }
        EnsembleConfig { members, ..EnsembleConfig::uncalibrated() }
    }

    fn ensemble(&self, split: &TrainedSplit) -> Result<Ensemble, KinshipError> {
        let heads = self.chosen(split).map(|(i, _)| split.members[i].head.clone());
        let backbones = self.sources[0].backbone_widths();
        Ensemble::from_heads(self.member_configs(split), &backbones, heads.collect())
    }

    /// Returns a member's name: its recipe, and its backbone if there are several.
    pub(crate) fn name(&self, member: usize) -> String {
        let member = &self.rounds.last.members[member];
        match self.sources[0].backbones.as_slice() {
            [_] => member.recipe.to_owned(),
            backbones => format!("{}-{}", member.recipe, backbones[member.backbone].0),
        }
    }

    /// Returns the kin threshold: the configured share of unrelated pairs reaches this probability.
    ///
    /// The probability is at even odds.
    fn kin_threshold(&self, open_set: &FittedOpenSet) -> f64 {
        let mut scores = Vec::new();
        let mut is_kin = Vec::new();
        for (pair_set, ratios) in self.pair_sets.iter().zip(&open_set.pairs) {
            scores.extend(probabilities(ratios));
            is_kin.extend(pair_set.is_kin());
        }
        let curve = Ranking::new(&scores, &is_kin).curve();
        let point = curve.at_false_accept_rate(self.options.false_accept_rate);
        // The threshold is infinite if a stranger has the highest score.
        point.map_or(1.0, |point| point.threshold.min(1.0))
    }

    /// Returns the retrieval-space cosine that one in a thousand kin photo pairs reaches.
    fn same_person_threshold(&self) -> f64 {
        let mut cosines: Vec<f64> = Vec::new();
        for pair_set in &self.pair_sets {
            let pairs = pair_set.pairs.iter().zip(&pair_set.cosines[0]);
            cosines.extend(pairs.filter(|(pair, _)| pair.is_kin).map(|(_, &cosine)| cosine));
        }
        cosines.sort_by(f64::total_cmp);
        cosines.get(cosines.len().saturating_sub(1) * 999 / 1000).copied().unwrap_or(1.0)
    }
}

/// Returns, per member, the reason for its exclusion.
///
/// Every member needs an AUC of at least `min_auc`. The plain regression and the cosine need
/// nothing more. The AUC of other members must exceed that of the plain regression. Their true
/// accept rate at the strict end must reach that of the cosine.
fn left_out(split: &TrainedSplit, pair_sets: &[PairSet], min_auc: f64) -> Vec<Option<String>> {
    let floor = mean_criterion(pair_sets, |pair_set| best_of(split, pair_set, Recipe::REGRESSION));
    let mut reasons = Vec::new();
    for (i, member) in split.members.iter().enumerate() {
        let found = mean_criterion(pair_sets, |pair_set| {
            Criterion::new(&pair_set.scores[i], &pair_set.is_kin())
        });
        let cosine = mean_criterion(pair_sets, |pair_set| {
            Criterion::new(&pair_set.cosines[member.backbone], &pair_set.is_kin())
        });
        reasons.push(match member.recipe {
            _ if found.auc < min_auc => Some(format!("AUC {:.3}, needed {min_auc:.3}", found.auc)),
            Recipe::REGRESSION | Recipe::COSINE => None,
            _ if found.auc <= floor.auc => {
                Some(format!("AUC {:.3}, plain regression {:.3}", found.auc, floor.auc))
            }
            _ if found.true_accepts < cosine.true_accepts => Some(format!(
                "TAR at FAR 1 % {:.3}, cosine {:.3}",
                found.true_accepts, cosine.true_accepts
            )),
            _ => None,
        });
    }
    reasons
}

/// Returns the mean of a criterion over sources.
fn mean_criterion(pair_sets: &[PairSet], criterion: impl Fn(&PairSet) -> Criterion) -> Criterion {
    Criterion::mean(pair_sets.iter().map(criterion))
}

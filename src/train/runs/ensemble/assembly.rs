//! Assembly of the chosen members into an ensemble, with its open-set model and its report.

use super::members::{TrainedMember, TrainedSplit};
use super::open_set::{FittedOpenSet, OpenSetData};
use super::pair_set::Panel;
use super::rounds::{EvaluatedSource, Rounds, best_of, best_scores};
use super::selection::{Criterion, SourceScores, select};
use super::shortlist::PhotoScore;
use super::verdict::{ComparedScores, Comparison};
use crate::kinship::{Ensemble, EnsembleConfig, MemberConfig, bounded};
use crate::metrics::{Bootstrap, Ranking, RatioTerm};
use crate::train::data::corpus::Corpus;
use crate::train::error::TrainError;
use crate::train::head::recipe::Recipe;
use crate::train::report::{
    self, MemberReport, Report, ScoreFigures, Shown, SourceData, SourceReport, Verdict,
};
use crate::train::{Options, Trained};

/// Members that form an ensemble.
pub(crate) struct Assembly<'a> {
    sources: &'a [Corpus],
    options: &'a Options,
    rounds: Rounds<'a>,
    training_seconds: f64,
    /// All pairs of each evaluated source.
    panels: Vec<Panel>,
    /// Weight of each member.
    weights: Vec<f64>,
    /// Per member, the reason for its exclusion, if any.
    left_out: Vec<Option<String>>,
}

impl<'a> Assembly<'a> {
    /// Chooses the members and their weights.
    ///
    /// # Errors
    /// [`TrainError::NoRegression`] if the plain regression is not among the members.
    pub(crate) fn new(
        sources: &'a [Corpus],
        options: &'a Options,
        mut rounds: Rounds<'a>,
        training_seconds: f64,
    ) -> Result<Self, TrainError> {
        let panels: Vec<Panel> = rounds.evaluated.iter().map(EvaluatedSource::panel).collect();
        let left_out = left_out(&rounds.last, &panels, options.min_auc);
        let may_join: Vec<bool> = left_out.iter().map(Option::is_none).collect();
        let members = &rounds.last.members;
        let first = members.iter().position(|member| member.recipe == Recipe::REGRESSION);
        let first = first.ok_or(TrainError::NoRegression)?;
        let scores: Vec<SourceScores<'_>> = panels
            .iter()
            .map(|panel| SourceScores { members: &panel.scores, is_kin: panel.is_kin() })
            .collect();
        let weights = select(&scores, first, &may_join);
        for part in rounds.evaluated.iter_mut().flat_map(|source| &mut source.parts) {
            part.joined = part.panel.joined(&weights);
        }
        Ok(Self { sources, options, rounds, training_seconds, panels, weights, left_out })
    }

    /// Fits the open-set model and creates the report.
    ///
    /// # Errors
    /// As [`OpenSetData::fit`].
    pub(crate) fn finish(self) -> Result<Trained, TrainError> {
        let ensembles: Vec<Vec<Ensemble>> = self
            .rounds
            .evaluated
            .iter()
            .map(|source| source.parts.iter().map(|part| self.ensemble(&part.split)).collect())
            .collect::<Result<_, TrainError>>()?;
        let evaluated = &self.rounds.evaluated;
        let data = OpenSetData {
            sources: self.sources,
            evaluated,
            ensembles: &ensembles,
            seed: self.options.seed,
        };
        let fitted = data.fit()?;
        let kin_threshold = self.kin_threshold(&fitted);
        let config = EnsembleConfig {
            kin_threshold,
            false_accept_rate: self.options.false_accept_rate,
            same_person_threshold: self.same_person_threshold(),
            open_set: Some(fitted.model.config.clone()),
            ..self.config(&self.rounds.last)
        };
        let names: Vec<&str> = config.members.iter().map(|member| member.name.as_str()).collect();
        let heads = self.chosen(&self.rounds.last).map(|(i, _)| &self.rounds.last.members[i].head);
        let backbones: Vec<&str> =
            self.sources[0].backbones.iter().map(|(name, _)| name.as_str()).collect();
        let weights = Ensemble::weights_with_open_set(
            names.iter().copied().zip(heads),
            &fitted.model,
            &backbones,
        )?;
        let report = self.report(&fitted, kin_threshold)?;
        Ok(Trained { config, weights, report })
    }

    /// Returns the index and the weight of each member with a positive weight.
    fn chosen<'s>(&'s self, split: &'s TrainedSplit) -> impl Iterator<Item = (usize, f64)> + 's {
        let weights = self.weights.iter().copied().take(split.members.len());
        weights.enumerate().filter(|(_, weight)| *weight > 0.0)
    }

    /// Returns the configuration of the chosen members of a split.
    fn config(&self, split: &TrainedSplit) -> EnsembleConfig {
        let member = |(i, weight): (usize, f64)| MemberConfig {
            name: self.name(i),
            backbone: self.sources[0].backbones[split.members[i].backbone].0.clone(),
            weight,
            calibration: split.calibrations[i],
            head: split.members[i].head.config().clone(),
        };
        EnsembleConfig {
            members: self.chosen(split).map(member).collect(),
            ..EnsembleConfig::uncalibrated()
        }
    }

    fn ensemble(&self, split: &TrainedSplit) -> Result<Ensemble, TrainError> {
        let heads = self.chosen(split).map(|(i, _)| split.members[i].head.clone());
        let backbones = self.sources[0].backbone_widths();
        Ok(Ensemble::of_heads(self.config(split), &backbones, heads.collect())?)
    }

    /// Returns a member's name: its recipe, and its backbone if there are several.
    fn name(&self, member: usize) -> String {
        let member = &self.rounds.last.members[member];
        match self.sources[0].backbones.as_slice() {
            [_] => member.recipe.to_owned(),
            backbones => format!("{}-{}", member.recipe, backbones[member.backbone].0),
        }
    }

    /// Returns the kin threshold: the configured share of unrelated pairs reaches this probability.
    ///
    /// The probability is at even odds.
    fn kin_threshold(&self, fitted: &FittedOpenSet) -> f64 {
        let mut scores = Vec::new();
        let mut is_kin = Vec::new();
        for (panel, ratios) in self.panels.iter().zip(&fitted.pairs) {
            scores.extend(report::probabilities(ratios));
            is_kin.extend(panel.is_kin());
        }
        let curve = Ranking::new(&scores, &is_kin).curve();
        let point = curve.at_false_accept_rate(self.options.false_accept_rate);
        // The threshold is infinite if a stranger has the highest score.
        point.map_or(1.0, |point| point.threshold.min(1.0))
    }

    /// Returns the retrieval-space cosine that one in a thousand kin photo pairs reaches.
    fn same_person_threshold(&self) -> f64 {
        let mut cosines: Vec<f64> = Vec::new();
        for panel in &self.panels {
            let kin = panel.pairs.iter().zip(&panel.cosines[0]).filter(|(pair, _)| pair.is_kin);
            cosines.extend(kin.map(|(_, &cosine)| cosine));
        }
        cosines.sort_by(f64::total_cmp);
        cosines.get(cosines.len().saturating_sub(1) * 999 / 1000).copied().unwrap_or(1.0)
    }

    fn report(&self, fitted: &FittedOpenSet, kin_threshold: f64) -> Result<Report, TrainError> {
        let members = self.rounds.last.members.iter().enumerate();
        let member = |(i, member): (usize, &TrainedMember)| MemberReport {
            name: self.name(i),
            recipe: member.recipe.to_owned(),
            backbone: self.sources[0].backbones[member.backbone].0.clone(),
            weight: self.weights[i],
            left_out: self.left_out[i].clone(),
            epochs: member.epochs.clone(),
        };
        let cosine_hits: Vec<_> =
            (0..self.panels.len()).map(|i| self.cosine_hits(i)).collect::<Result<_, _>>()?;
        let evaluations: Vec<SourceReport> = (0..self.panels.len())
            .map(|source| self.source_report(source, fitted, &cosine_hits[source]))
            .collect::<Result<_, _>>()?;
        Ok(Report {
            seed: self.options.seed,
            sources: self.sources.iter().map(SourceData::new).collect(),
            trained_on: self.rounds.trained_on.clone(),
            left_out_sources: self.rounds.left_out.clone(),
            members: members.map(member).collect(),
            identity: ScoreFigures {
                likelihood: fitted.identity_pairs.likelihood_metrics(self.options.seed),
                ..ScoreFigures::new(
                    "same person against kin",
                    &fitted.identity_pairs,
                    self.options.seed,
                )
            },
            verdict: Verdict::new(&self.comparisons(fitted, &cosine_hits)),
            evaluations,
            kin_threshold,
            training_seconds: self.training_seconds,
            stages: Vec::new(),
        })
    }

    /// Returns the searches of an evaluated source by the cosine, per backbone.
    fn cosine_hits(&self, i: usize) -> Result<Vec<Vec<RatioTerm>>, TrainError> {
        let evaluated = &self.rounds.evaluated[i];
        (0..evaluated.source.backbones.len())
            .map(|backbone| {
                evaluated.shortlist_hits(&PhotoScore::Cosine(backbone), self.options.seed)
            })
            .collect()
    }

    fn source_report(
        &self,
        i: usize,
        fitted: &FittedOpenSet,
        cosine_hits: &[Vec<RatioTerm>],
    ) -> Result<SourceReport, TrainError> {
        let seed = self.options.seed;
        let evaluated = &self.rounds.evaluated[i];
        let panel = &self.panels[i];
        let figures =
            |name: &str, scores: &[f64]| ScoreFigures::new(name, &panel.scored(scores), seed);
        let ratios: Vec<f64> = fitted.pairs[i].iter().map(|&ratio| bounded(ratio)).collect();
        let probabilities = report::probabilities(&ratios);
        let pairs = panel.scored(&probabilities);
        let cosine_pairs = panel.scored(&panel.cosines[0]);
        let families = Bootstrap::new(evaluated.source.pedigree.families().len(), seed);
        let rank_10 = |hits: &[RatioTerm]| {
            let [share] = families.estimates(|counts| [RatioTerm::ratio(hits, counts)]);
            share
        };
        let likelihood = |ratios: &[f64]| panel.scored(ratios).likelihood_metrics(seed);
        let mut cosines = Vec::new();
        for (backbone, (scores, hits)) in panel.cosines.iter().zip(cosine_hits).enumerate() {
            let name = format!("cosine of {}", evaluated.source.backbones[backbone].0);
            cosines.push(ScoreFigures { rank_10: rank_10(hits), ..figures(&name, scores) });
        }
        let mut members = Vec::new();
        for (index, scores) in panel.scores.iter().enumerate() {
            let name = self.name(index);
            let score = PhotoScore::Member { index, name: &name };
            members.push(ScoreFigures {
                rank_10: rank_10(&evaluated.shortlist_hits(&score, seed)?),
                likelihood: likelihood(scores),
                ..figures(&name, scores)
            });
        }
        Ok(SourceReport {
            source: evaluated.source.name.clone(),
            is_left_out: evaluated.is_left_out(),
            trained_on: evaluated.trained_on.clone(),
            pairs: panel.pairs.len(),
            cosines,
            members,
            joined: figures("not normalized", &panel.joined(&self.weights)),
            ensemble: ScoreFigures {
                rank_10: rank_10(&fitted.shortlists[i]),
                likelihood: likelihood(&ratios),
                ..figures("ensemble", &ratios)
            },
            probabilities: pairs.probability_metrics(0.5, seed),
            relations: pairs.relation_metrics(&cosine_pairs, 0.5, seed),
            identification: fitted.identification[i].clone(),
            reliability: report::bins(&pairs),
            histogram: report::histogram(&pairs),
            mistakes: report::examples(evaluated.source, panel, &probabilities, Shown::Mistakes),
            successes: report::examples(evaluated.source, panel, &probabilities, Shown::Successes),
        })
    }

    /// Compares the ensemble with the baselines, per evaluated source.
    fn comparisons(
        &self,
        fitted: &FittedOpenSet,
        cosine_hits: &[Vec<Vec<RatioTerm>>],
    ) -> Vec<Comparison> {
        let comparison = |i: usize| {
            let source = &self.rounds.evaluated[i];
            Comparison::new(&ComparedScores {
                source: &source.source.name,
                families: source.source.pedigree.families().len(),
                panel: &self.panels[i],
                ensemble: &fitted.pairs[i],
                regression: best_scores(&self.rounds.last, &self.panels[i], Recipe::REGRESSION),
                ensemble_hits: &fitted.shortlists[i],
                cosine_hits: &cosine_hits[i][0],
                seed: self.options.seed,
            })
        };
        (0..self.panels.len()).map(comparison).collect()
    }
}

/// Returns, per member, the reason for its exclusion.
///
/// Every member needs an AUC of at least `min_auc`. The plain regression and the cosine need
/// nothing more. The AUC of other members must exceed that of the plain regression. Their true
/// accept rate at the strict end must reach that of the cosine.
fn left_out(split: &TrainedSplit, panels: &[Panel], min_auc: f64) -> Vec<Option<String>> {
    let mean = |scores: &dyn Fn(&Panel) -> Criterion| Criterion::mean(panels.iter().map(scores));
    let floor = mean(&|panel| best_of(split, panel, Recipe::REGRESSION));
    let members = split.members.iter().enumerate();
    let reason = |(i, member): (usize, &TrainedMember)| {
        let own = mean(&|panel| Criterion::of(&panel.scores[i], &panel.is_kin()));
        let cosine = mean(&|panel| Criterion::of(&panel.cosines[member.backbone], &panel.is_kin()));
        match member.recipe {
            _ if own.auc < min_auc => Some(format!("AUC {:.3}, needed {min_auc:.3}", own.auc)),
            Recipe::REGRESSION | Recipe::COSINE => None,
            _ if own.auc <= floor.auc => {
                Some(format!("AUC {:.3}, plain regression {:.3}", own.auc, floor.auc))
            }
            _ if own.true_accepts < cosine.true_accepts => Some(format!(
                "TAR at FAR 1 % {:.3}, cosine {:.3}",
                own.true_accepts, cosine.true_accepts
            )),
            _ => None,
        }
    };
    members.map(reason).collect()
}

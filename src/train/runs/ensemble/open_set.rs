//! Fit of the open-set model: the meaning of a score in a large search.
//!
//! The scores are measured on sources that no member was trained on.

use std::collections::HashMap;

use super::arena::Arena;
use super::calibration::platt;
use super::cohort::{CohortPeople, draw_cohort};
use super::face_distribution::{fit_sharpness, fit_typicality};
use super::identification::{self, IdentificationMetrics, SearchedProbe, shortlist_hits};
use super::identity::IdentityHead;
use super::rounds::{EvaluatedPart, EvaluatedSource};
use super::search_calibration::{false_positive_factor, search_calibration, shortlist_rates};
use crate::kinship::{
    Calibration, Cohort, CohortStatistics, Ensemble, KinshipError, OpenSet, OpenSetConfig,
    OpenSetScorer, Sharpness, Tail, normalized,
};
use crate::metrics::{Pairs, RatioTerm};
use crate::train::data::corpus::Corpus;
use crate::train::error::TrainError;

/// Data for the fit of the open-set model.
pub(crate) struct OpenSetData<'a> {
    /// All sources, including those without kin.
    pub(crate) sources: &'a [Corpus],
    pub(crate) evaluated: &'a [EvaluatedSource<'a>],
    /// Per evaluated source and part, its ensemble.
    pub(crate) ensembles: &'a [Vec<Ensemble>],
    pub(crate) seed: u64,
}

/// Fitted model, with its results on the evaluated sources.
pub(crate) struct FittedOpenSet {
    pub(crate) model: OpenSet,
    /// Per evaluated source, the log likelihood ratios of its pairs.
    pub(crate) pairs: Vec<Vec<f64>>,
    /// Identification metrics per evaluated source and gallery size.
    pub(crate) identification: Vec<Vec<IdentificationMetrics>>,
    /// Log likelihood ratios of the same person against kin.
    ///
    /// The pairs are of families that the head did not see.
    pub(crate) identity_pairs: Pairs,
    /// Per evaluated source, the shortlist hits of each probe with a relative.
    ///
    /// The searches cover all people of the source.
    pub(crate) shortlists: Vec<Vec<RatioTerm>>,
}

/// Share of strangers' scores in the fit of the tail.
const TAIL_SHARE: f64 = 0.01;
/// Placeholder for the tail before its fit.
const FIRST_TAIL: Tail = Tail { share: TAIL_SHARE, threshold: 0.0, scale: 1.0, shape: -0.1 };
/// Minimum number of scores in the fit of the tail.
const MIN_PEAKS: usize = 40;

impl OpenSetData<'_> {
    /// Fits the model.
    ///
    /// # Errors
    /// - [`KinshipError::SmallCohort`] if the sources have too few people.
    /// - [`KinshipError::NoPairs`] if no person has several photos.
    pub(crate) fn fit(&self) -> Result<FittedOpenSet, TrainError> {
        let cohort = self.cohort(self.sources.iter().map(CohortPeople::all).collect())?;
        let identity = IdentityHead::fit(self.sources, self.seed)?;
        let model = self.uncalibrated_model(cohort, &identity)?;
        let mut models = self.part_models(&model)?;
        let mut config = model.config.clone();
        config.typical_deviation = self.typical_deviation(&models)?;
        set_config(&mut models, &config);
        let normalized = self.normalized_pairs(&models)?;
        config.pair = self.pair_calibration(&normalized)?;
        let probes = self.searches(&models, None)?;
        let mut strangers: Vec<f64> =
            probes.iter().flatten().flat_map(|probe| probe.strangers.clone()).collect();
        config.tail = Tail::fit(&mut strangers, TAIL_SHARE, MIN_PEAKS).unwrap_or(FIRST_TAIL);
        drop(strangers);
        set_config(&mut models, &config);
        let probes: Vec<Vec<Vec<SearchedProbe>>> = identification::GALLERY_SIZES
            .into_iter()
            .map(|size| self.searches(&models, size))
            .collect::<Result<_, _>>()?;
        config.search = search_calibration(probes.iter().flatten().flatten());
        config.false_positive_factor = false_positive_factor(&probes);
        let identification: Vec<Vec<IdentificationMetrics>> = (0..self.evaluated.len())
            .map(|source| self.identification(source, &probes, &config))
            .collect();
        let all_people = probes.last().map(Vec::as_slice).unwrap_or_default();
        config.shortlist = shortlist_rates(&identification);
        Ok(FittedOpenSet {
            pairs: normalized.iter().map(|scores| log_odds(&config.pair, scores)).collect(),
            shortlists: all_people.iter().map(|probes| shortlist_hits(probes)).collect(),
            identification,
            identity_pairs: identity.evaluated,
            model: OpenSet { config, ..model },
        })
    }

    /// Draws a cohort of people.
    fn cohort(&self, people: Vec<CohortPeople<'_>>) -> Result<Cohort, KinshipError> {
        draw_cohort(&people, self.seed)?.ok_or(KinshipError::SmallCohort { found: 0 })
    }

    /// Returns the model with neutral calibrations.
    fn uncalibrated_model(
        &self,
        cohort: Cohort,
        identity: &IdentityHead,
    ) -> Result<OpenSet, KinshipError> {
        let typicality = fit_typicality(self.sources)?;
        let sharpness = fit_sharpness(self.sources)?;
        let neutral = Calibration { slope: 1.0, intercept: 0.0 };
        let config = OpenSetConfig {
            typical_deviation: 1.0,
            false_positive_factor: 1.0,
            pair: neutral,
            search: neutral,
            identity: identity.calibration,
            tail: FIRST_TAIL,
            typicality: typicality.config(),
            sharpness: sharpness.as_ref().map(Sharpness::config),
            shortlist: Vec::new(),
        };
        Ok(OpenSet { config, cohort, identity: identity.head.clone(), typicality, sharpness })
    }

    /// Returns the identification metrics of an evaluated source, per gallery size.
    ///
    /// `probes` are by gallery size and source.
    fn identification(
        &self,
        source: usize,
        probes: &[Vec<Vec<SearchedProbe>>],
        config: &OpenSetConfig,
    ) -> Vec<IdentificationMetrics> {
        let sizes = probes.iter().map(|sources| sources[source].as_slice());
        sizes
            .filter(|probes| !probes.is_empty())
            .map(|probes| IdentificationMetrics::new(probes, config, self.seed))
            .collect()
    }

    /// Returns the model with another cohort, per evaluated source and part.
    ///
    /// The cohort excludes all people of the source. It excludes only the evaluated families of the
    /// part if there is no other source.
    fn part_models(&self, model: &OpenSet) -> Result<Vec<Vec<OpenSet>>, KinshipError> {
        let mut models = Vec::new();
        for EvaluatedSource { source, parts, .. } in self.evaluated {
            let mut part_models = Vec::new();
            for part in parts {
                let cohort = self.part_cohort(source, part)?;
                part_models.push(OpenSet { cohort, ..model.clone() });
            }
            models.push(part_models);
        }
        Ok(models)
    }

    fn part_cohort(&self, source: &Corpus, part: &EvaluatedPart) -> Result<Cohort, KinshipError> {
        let others = self.sources.iter().filter(|other| other.name != source.name);
        let mut people: Vec<CohortPeople<'_>> = others.map(CohortPeople::all).collect();
        if people.is_empty() {
            people.push(CohortPeople::without_families(source, &part.families));
        }
        self.cohort(people)
    }

    /// Returns the scorers of an evaluated source, part by part.
    fn scorers<'s>(
        &'s self,
        source: usize,
        models: &'s [Vec<OpenSet>],
    ) -> impl Iterator<Item = OpenSetScorer<'s>> {
        self.ensembles[source]
            .iter()
            .zip(&models[source])
            .map(|(ensemble, model)| OpenSetScorer::new(ensemble, model))
    }

    /// Returns the median deviation of the evaluated pairs' faces.
    fn typical_deviation(&self, models: &[Vec<OpenSet>]) -> Result<f64, KinshipError> {
        let mut deviations = Vec::new();
        self.each_pair_part(models, |_, _, faces| {
            deviations.extend(faces.iter().flatten().map(|face| face.deviation));
        })?;
        deviations.sort_unstable_by(f64::total_cmp);
        Ok(deviations.get(deviations.len() / 2).copied().unwrap_or(1.0))
    }

    /// Returns the normalized scores of the pairs, per evaluated source.
    fn normalized_pairs(&self, models: &[Vec<OpenSet>]) -> Result<Vec<Vec<f64>>, KinshipError> {
        let mut scores_by_source = vec![Vec::new(); self.evaluated.len()];
        let deviation = models.iter().flatten().next().map_or(1.0, |m| m.config.typical_deviation);
        self.each_pair_part(models, |source, scores, faces| {
            let pairs = scores.iter().zip(faces);
            scores_by_source[source]
                .extend(pairs.map(|(&score, &faces)| normalized(score, faces, deviation)));
        })?;
        Ok(scores_by_source)
    }

    /// Calls `visit` for the pairs of every part.
    ///
    /// Its arguments are the index of the source, the joined scores, and both faces' statistics.
    fn each_pair_part(
        &self,
        models: &[Vec<OpenSet>],
        mut visit: impl FnMut(usize, &[f64], &[[CohortStatistics; 2]]),
    ) -> Result<(), KinshipError> {
        for (i, evaluated) in self.evaluated.iter().enumerate() {
            for (part, scorer) in evaluated.parts.iter().zip(self.scorers(i, models)) {
                let mut photos: Vec<usize> =
                    part.pair_set.pairs.iter().flat_map(|pair| pair.photos).collect();
                photos.sort_unstable();
                photos.dedup();
                let faces = evaluated.source.faces(&photos)?;
                let statistics = scorer.cohort_statistics(&faces)?;
                let by_photo: HashMap<usize, CohortStatistics> =
                    photos.into_iter().zip(statistics).collect();
                let pairs = part.pair_set.pairs.iter();
                let faces: Vec<[CohortStatistics; 2]> =
                    pairs.map(|pair| pair.photos.map(|photo| by_photo[&photo])).collect();
                visit(i, &part.joined, &faces);
            }
        }
        Ok(())
    }

    /// Fits a pair's log likelihood ratio. All sources have equal weight.
    fn pair_calibration(&self, normalized: &[Vec<f64>]) -> Result<Calibration, KinshipError> {
        let mut scores = Vec::new();
        let mut is_kin = Vec::new();
        let mut weights = Vec::new();
        let total: usize = normalized.iter().map(Vec::len).sum();
        for (evaluated, normalized) in self.evaluated.iter().zip(normalized) {
            scores.extend_from_slice(normalized);
            is_kin.extend(evaluated.parts.iter().flat_map(|part| part.pair_set.is_kin()));
            let weight = total as f64 / self.evaluated.len() as f64 / normalized.len() as f64;
            weights.extend(vec![weight; normalized.len()]);
        }
        platt(&scores, &is_kin, Some(weights))
    }

    /// Searches the probes of each evaluated source.
    ///
    /// The gallery has `size` people, or all people of the source.
    fn searches(
        &self,
        models: &[Vec<OpenSet>],
        size: Option<usize>,
    ) -> Result<Vec<Vec<SearchedProbe>>, TrainError> {
        let mut searched = Vec::new();
        for (i, evaluated) in self.evaluated.iter().enumerate() {
            let mut probes = Vec::new();
            for (part, scorer) in evaluated.parts.iter().zip(self.scorers(i, models)) {
                let Some(people) = identification::gallery(evaluated.source, size, self.seed)
                else {
                    continue;
                };
                let arena = Arena::new(evaluated.source, people, scorer, self.seed)?;
                for probe in evaluated.probes(part, self.seed) {
                    probes.push(SearchedProbe::new(evaluated.source, &arena, probe)?);
                }
            }
            searched.push(probes);
        }
        Ok(searched)
    }
}

fn log_odds(calibration: &Calibration, scores: &[f64]) -> Vec<f64> {
    scores.iter().map(|&score| calibration.log_odds(score)).collect()
}

fn set_config(models: &mut [Vec<OpenSet>], config: &OpenSetConfig) {
    models.iter_mut().flatten().for_each(|model| model.config = config.clone());
}

//! Fit of the open-set model: the meaning of a score in a large search.
//!
//! The scores are measured on sources that no member was trained on.

use super::arena::Arena;
use super::cohort::{CohortPeople, cohort};
use super::identification::{
    self, IdentificationFigures, NOMINAL_FPIR, SearchedProbe, shortlist_hits,
};
use super::identity::IdentityHead;
use super::pair_set::platt;
use super::rounds::EvaluatedSource;
use crate::kinship::{
    Calibration, Cohort, CohortStatistics, Ensemble, KinshipError, OpenSet, OpenSetConfig,
    OpenSetScorer, Rows, Sharpness, ShortlistRate, Tail, Typicality,
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
    pub(crate) identification: Vec<Vec<IdentificationFigures>>,
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
const MIN_PEAKS: usize = 40;
/// Share of relatives among people in the fit of the search calibration.
///
/// The share is low because the evidence of the best matches matters.
const CALIBRATED_PRIOR: f64 = 0.01;
/// Maximum number of sharp faces of each source in the fit of sharpness.
const SHARP_FACES: usize = 1500;
/// Maximum number of faces of each source in the fit of typicality.
///
/// Typicality is the distribution of training faces.
const TYPICAL_FACES: usize = 10_000;

impl OpenSetData<'_> {
    /// Fits the model.
    ///
    /// # Errors
    /// - [`KinshipError::SmallCohort`] if the sources have too few people.
    /// - [`KinshipError::NoPairs`] if no person has several photos.
    pub(crate) fn fit(&self) -> Result<FittedOpenSet, TrainError> {
        let everyone: Vec<CohortPeople<'_>> = self.sources.iter().map(CohortPeople::all).collect();
        let own_cohort =
            cohort(&everyone, self.seed)?.ok_or(KinshipError::SmallCohort { found: 0 })?;
        let IdentityHead { head: identity, calibration, evaluated: identity_pairs } =
            IdentityHead::fit(self.sources, self.seed)?;
        let typicality = self.typicality()?;
        let sharpness = self.sharpness()?;
        let neutral = Calibration { slope: 1.0, intercept: 0.0 };
        let config = OpenSetConfig {
            typical_deviation: 1.0,
            false_positive_factor: 1.0,
            pair: neutral,
            search: neutral,
            identity: calibration,
            tail: FIRST_TAIL,
            typicality: typicality.config(),
            sharpness: sharpness.as_ref().map(Sharpness::config),
            shortlist: Vec::new(),
        };
        let model = OpenSet { config, cohort: own_cohort, identity, typicality, sharpness };
        let mut models = self.part_models(&model)?;
        let mut config = model.config.clone();
        config.typical_deviation = self.typical_deviation(&models)?;
        set(&mut models, &config);
        let normalized = self.normalized_pairs(&models)?;
        config.pair = self.pair_calibration(&normalized)?;
        let probes = self.searches(&models, None)?;
        let mut strangers: Vec<f64> =
            probes.iter().flatten().flat_map(|probe| probe.strangers.clone()).collect();
        config.tail = Tail::fit(&mut strangers, TAIL_SHARE, MIN_PEAKS).unwrap_or(FIRST_TAIL);
        drop(strangers);
        set(&mut models, &config);
        let probes: Vec<Vec<Vec<SearchedProbe>>> = identification::GALLERY_SIZES
            .into_iter()
            .map(|size| self.searches(&models, size))
            .collect::<Result<_, _>>()?;
        config.search = search_calibration(probes.iter().flatten().flatten());
        config.false_positive_factor = false_positive_factor(&probes);
        let figures = |source: usize| {
            let sizes = probes.iter().map(|sources| sources[source].as_slice());
            sizes
                .filter(|probes| !probes.is_empty())
                .map(|probes| IdentificationFigures::new(probes, &config, self.seed))
                .collect()
        };
        let identification: Vec<Vec<IdentificationFigures>> =
            (0..self.evaluated.len()).map(figures).collect();
        let everyone = probes.last().map(Vec::as_slice).unwrap_or_default();
        config.shortlist = shortlist_rates(&identification);
        let ratios =
            |scores: &Vec<f64>| scores.iter().map(|&score| config.pair.log_odds(score)).collect();
        Ok(FittedOpenSet {
            pairs: normalized.iter().map(ratios).collect(),
            shortlists: everyone.iter().map(|probes| shortlist_hits(probes)).collect(),
            identification,
            identity_pairs,
            model: OpenSet { config, ..model },
        })
    }

    /// Fits the distribution of all sources' faces.
    fn typicality(&self) -> Result<Typicality, KinshipError> {
        let mut values = Vec::new();
        for source in self.sources {
            let rows = &source.backbones[0].1;
            let step = rows.count().div_ceil(TYPICAL_FACES);
            values.extend(rows.iter().step_by(step).flatten());
        }
        Typicality::fit(&Rows::from_values(values, self.sources[0].backbones[0].1.dimension())?)
    }

    /// Fits the separation of blurred faces from the faces of the sources.
    ///
    /// Returns `None` if no source has blurred copies, or if blur is not detectable.
    fn sharpness(&self) -> Result<Option<Sharpness>, KinshipError> {
        let blurred: Vec<&[f32]> = self
            .sources
            .iter()
            .filter_map(|source| source.blurred.as_ref())
            .flat_map(Rows::iter)
            .collect();
        if blurred.is_empty() {
            return Ok(None);
        }
        let mut sharp = Vec::new();
        for source in self.sources {
            let rows = &source.backbones[0].1;
            sharp.extend(rows.iter().step_by(rows.count().div_ceil(SHARP_FACES)));
        }
        Ok(Sharpness::fit(&Rows::new(sharp)?, &Rows::new(blurred)?))
    }

    /// Returns the model with another cohort, per evaluated source and part.
    ///
    /// The cohort excludes all people of the source. It excludes only the evaluated families of the
    /// part if there is no other source.
    fn part_models(&self, model: &OpenSet) -> Result<Vec<Vec<OpenSet>>, KinshipError> {
        let of_part = |source: &Corpus, families: &[usize]| {
            let others = self.sources.iter().filter(|other| other.name != source.name);
            let mut people: Vec<CohortPeople<'_>> = others.map(CohortPeople::all).collect();
            if people.is_empty() {
                people.push(CohortPeople::without_families(source, families));
            }
            let cohort: Option<Cohort> = cohort(&people, self.seed)?;
            let cohort = cohort.ok_or(KinshipError::SmallCohort { found: 0 })?;
            Ok(OpenSet { cohort, ..model.clone() })
        };
        let of_source = |evaluated: &EvaluatedSource<'_>| {
            let parts = evaluated.parts.iter();
            parts.map(|part| of_part(evaluated.source, &part.families)).collect()
        };
        self.evaluated.iter().map(of_source).collect()
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
        let mut normalized = vec![Vec::new(); self.evaluated.len()];
        let deviation = models.iter().flatten().next().map_or(1.0, |m| m.config.typical_deviation);
        self.each_pair_part(models, |source, scores, faces| {
            let pairs = scores.iter().zip(faces);
            normalized[source].extend(
                pairs.map(|(&score, &faces)| crate::kinship::normalized(score, faces, deviation)),
            );
        })?;
        Ok(normalized)
    }

    /// Calls `take` for the pairs of every part.
    ///
    /// Its arguments are the index of the source, the joined scores, and both faces' statistics.
    fn each_pair_part(
        &self,
        models: &[Vec<OpenSet>],
        mut take: impl FnMut(usize, &[f64], &[[CohortStatistics; 2]]),
    ) -> Result<(), KinshipError> {
        for (i, evaluated) in self.evaluated.iter().enumerate() {
            for (part, scorer) in evaluated.parts.iter().zip(self.scorers(i, models)) {
                let mut photos: Vec<usize> =
                    part.panel.pairs.iter().flat_map(|pair| pair.photos).collect();
                photos.sort_unstable();
                photos.dedup();
                let faces = evaluated.source.faces(&photos)?;
                let statistics = scorer.cohort_statistics(&faces)?;
                let face = |photo: usize| statistics[photos.partition_point(|&p| p < photo)];
                let faces: Vec<_> =
                    part.panel.pairs.iter().map(|pair| pair.photos.map(face)).collect();
                take(i, &part.joined, &faces);
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
            is_kin.extend(evaluated.parts.iter().flat_map(|part| part.panel.is_kin()));
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

fn set(models: &mut [Vec<OpenSet>], config: &OpenSetConfig) {
    models.iter_mut().flatten().for_each(|model| model.config = config.clone());
}

/// Fits the log likelihood ratio of a person found in a search.
///
/// Its input is the rarity of such a high score among strangers.
fn search_calibration<'a>(probes: impl Iterator<Item = &'a SearchedProbe>) -> Calibration {
    let mut rarities = Vec::new();
    let mut is_kin = Vec::new();
    for probe in probes {
        for (scores, label) in [(&probe.relatives, true), (&probe.strangers, false)] {
            rarities.extend(scores.iter().map(|&score| probe.rarity(score)));
            is_kin.extend(vec![label; scores.len()]);
        }
    }
    let kin = is_kin.iter().filter(|is_kin| **is_kin).count() as f64;
    let strangers = is_kin.len() as f64 - kin;
    let total = kin + strangers;
    let weight = |&is_kin: &bool| match is_kin {
        true => CALIBRATED_PRIOR * total / kin,
        false => (1.0 - CALIBRATED_PRIOR) * total / strangers,
    };
    let weights: Vec<f64> = is_kin.iter().map(weight).collect();
    let prior = (CALIBRATED_PRIOR / (1.0 - CALIBRATED_PRIOR)).ln();
    match platt(&rarities, &is_kin, Some(weights)) {
        Ok(fitted) if fitted.slope > 0.0 => {
            Calibration { intercept: fitted.intercept - prior, ..fitted }
        }
        _ => Calibration { slope: 0.0, intercept: 0.0 },
    }
}

/// Returns the lowest shortlist rate of the sources, per gallery size.
///
/// The lowest rate is used because other photos are seldom easier.
fn shortlist_rates(sources: &[Vec<IdentificationFigures>]) -> Vec<ShortlistRate> {
    let of_size = |i: usize| {
        let measured = sources.iter().filter_map(|sizes| sizes.get(i));
        let rates = measured.filter_map(|figures| {
            Some(ShortlistRate { people: figures.people, rate: figures.rank_10?.value })
        });
        rates.min_by(|a, b| a.rate.total_cmp(&b.rate))
    };
    let sizes = sources.iter().map(Vec::len).max().unwrap_or_default();
    (0..sizes).filter_map(of_size).collect()
}

/// Returns the factor that holds the nominal rate.
///
/// The rate is a mean over sources and gallery sizes.
fn false_positive_factor(probes: &[Vec<Vec<SearchedProbe>>]) -> f64 {
    let mut best: Vec<(f64, f64)> = Vec::new();
    for probes in probes.iter().flatten().filter(|probes| !probes.is_empty()) {
        let weight = 1.0 / probes.len() as f64;
        best.extend(probes.iter().map(|probe| (probe.fewest_chance_matches(), weight)));
    }
    best.sort_unstable_by(|(a, _), (b, _)| a.total_cmp(b));
    let total: f64 = best.iter().map(|(_, weight)| weight).sum();
    let mut below = 0.0;
    let quantile = best.iter().find(|(_, weight)| {
        below += weight;
        below >= NOMINAL_FPIR * total
    });
    match quantile {
        Some((matches, _)) if *matches > 0.0 => -(1.0 - NOMINAL_FPIR).ln() / matches,
        _ => 1.0,
    }
}

//! Open-set identification: evidence from the scores of a search among many people.
//!
//! A pair's score is normalized against a cohort ([`super::normalized`]). Its likelihood ratio is
//! calibrated over sources. A fitted tail ([`Tail`]) yields the probability that an unrelated
//! person scores as high.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use half::f16;
use serde::{Deserialize, Serialize};

use super::cohort::{Cohort, CohortStatistics, normalized};
use super::ensemble::{Calibration, Ensemble};
use super::evidence::bounded;
use super::{
    Head, HeadConfig, KinshipError, Rows, Sharpness, SharpnessConfig, Tail, Typicality,
    TypicalityConfig,
};

/// Parameters of an open-set model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenSetConfig {
    /// Median deviation of the cohort scores of one face.
    pub typical_deviation: f64,
    /// Factor from chance matches to a false positive identification rate.
    ///
    /// `FPIR = 1 − exp(−factor · matches)`
    pub false_positive_factor: f64,
    /// Calibration of a pair's normalized score.
    ///
    /// The result is the log likelihood ratio of kin against unrelated people.
    pub pair: Calibration,
    /// Calibration of a found person's `−ln P(an unrelated person scores as high)` to that log
    /// likelihood ratio.
    pub search: Calibration,
    /// Calibration of the identity head's score.
    ///
    /// The result is the log likelihood ratio of the same person against kin.
    pub identity: Calibration,
    /// Tail of the scores of unrelated people in a typical gallery.
    pub tail: Tail,
    /// Bounds of the similarity to training faces.
    pub typicality: TypicalityConfig,
    /// Bounds of the sharpness of faces; `None` in bundles without sharpness detection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharpness: Option<SharpnessConfig>,
    /// Shortlist rates on galleries of several sizes, the smallest first.
    pub shortlist: Vec<ShortlistRate>,
}

/// Share of searches that list a relative among the first ten people.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShortlistRate {
    /// Number of people in the gallery.
    pub people: usize,
    /// Share of the searches with a relative in the gallery, 0 to 1.
    pub rate: f64,
}

/// Model for open-set identification by an ensemble.
#[derive(Clone, Debug)]
pub struct OpenSet {
    /// Parameters of the model.
    pub config: OpenSetConfig,
    /// Cohort of pairs, and of searches in a small gallery.
    pub cohort: Cohort,
    /// Head that scores a pair by the first backbone.
    ///
    /// The score is high for one person and low for kin.
    pub identity: Head,
    /// Similarity of a face to the training faces, by the first backbone.
    pub typicality: Typicality,
    /// Sharpness of a face, by the first backbone.
    pub sharpness: Option<Sharpness>,
}

/// Evidence from the faces of two photos. The same in both orders.
#[derive(Clone, Debug, PartialEq)]
pub struct PairEvidence {
    /// Log likelihood ratio of kin against unrelated people, bounded.
    pub kin: f64,
    /// Log likelihood ratio of the same person against kin.
    pub same_person: f64,
    /// Similarity of both faces to the training faces, 0 to 1. Evidence is scaled by it.
    pub typicality: f64,
    /// Log odds by each member alone, in the order of the members.
    pub members: Vec<f64>,
}

/// ServiceConfig of one face that count in every pair: its cohort statistics, and its typicality.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaceTerms {
    statistics: CohortStatistics,
    /// Similarity to the training faces, 0 to 1.
    typicality: f64,
}

/// An ensemble with its open-set model.
#[derive(Clone, Copy)]
pub struct OpenSetScorer<'a> {
    ensemble: &'a Ensemble,
    model: &'a OpenSet,
}

const PREFIX: &str = "open-set/";

impl OpenSetConfig {
    /// Returns the probability that a search marks a chance match, 0 to 1.
    ///
    /// `chance_matches` is the expected number of chance matches.
    pub fn false_positive_rate(&self, chance_matches: f64) -> f64 {
        1.0 - (-self.false_positive_factor * chance_matches).exp()
    }

    /// Returns the shortlist rate of the next larger measured gallery, or of the largest.
    ///
    /// Returns `None` if no gallery was measured.
    pub fn shortlist_rate(&self, people: usize) -> Option<f64> {
        let larger = self.shortlist.iter().find(|measured| measured.people >= people);
        larger.or(self.shortlist.last()).map(|measured| measured.rate)
    }
}

impl OpenSet {
    /// Reads the tensors of [`Self::tensors`] from those of an ensemble.
    ///
    /// `backbones` are names and widths.
    ///
    /// # Errors
    /// [`KinshipError::WrongShape`] if a tensor is missing or of another shape.
    /// [`KinshipError::NotFinite`] if a value is not finite.
    pub(super) fn new(
        config: OpenSetConfig,
        backbones: &[(&str, usize)],
        tensors: &BTreeMap<String, Tensor>,
    ) -> Result<Self, KinshipError> {
        let values = |name: &str, width: usize| -> Result<Vec<f32>, KinshipError> {
            let name = format!("{PREFIX}{name}");
            let found = tensors.get(&name).map(|tensor| tensor.dims().to_vec()).unwrap_or_default();
            if found.is_empty() || found.last() != Some(&width) {
                return Err(KinshipError::WrongShape { name, expected: vec![width], found });
            }
            let values: Vec<f32> = tensors[&name].to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
            match values.iter().all(|value| value.is_finite()) {
                true => Ok(values),
                false => Err(KinshipError::NotFinite { name }),
            }
        };
        let cohort = |(name, width): &(&str, usize)| {
            Rows::from_values(values(&format!("cohort.{name}"), *width)?, *width)
        };
        let width = backbones[0].1;
        let head = HeadConfig::regression();
        let mut weights = BTreeMap::new();
        for (name, shape) in head.shapes(width, 0) {
            let last = *shape.last().unwrap_or(&1);
            let values = values(&format!("identity.{name}"), last)?;
            weights.insert(name, Tensor::from_vec(values, shape, &Device::Cpu)?);
        }
        Ok(Self {
            cohort: Cohort { faces: backbones.iter().map(cohort).collect::<Result<_, _>>()? },
            identity: Head::new(head, width, weights)?,
            typicality: Typicality::new(
                config.typicality,
                values("typicality.mean", width)?,
                values("typicality.whitening", width)?,
            )?,
            sharpness: match config.sharpness {
                Some(config) => Some(Sharpness::new(config, values("sharpness.weights", width)?)),
                None => None,
            },
            config,
        })
    }

    /// Returns the tensors by name. The cohort has 16 bits, which is more than a score needs.
    ///
    /// # Errors
    /// [`KinshipError::Compute`] if a tensor cannot be created.
    pub(super) fn tensors(
        &self,
        backbones: &[&str],
    ) -> Result<Vec<(String, Tensor)>, KinshipError> {
        let half = |values: &[f32], width: usize| {
            let values: Vec<f16> = values.iter().map(|&value| f16::from_f32(value)).collect();
            let rows = values.len() / width;
            Tensor::from_vec(values, (rows, width), &Device::Cpu)
        };
        let mut tensors = Vec::new();
        for (name, rows) in backbones.iter().zip(&self.cohort.faces) {
            let values: Vec<f32> = rows.iter().flatten().copied().collect();
            tensors.push((format!("{PREFIX}cohort.{name}"), half(&values, rows.dimension())?));
        }
        for (name, tensor) in self.identity.tensors() {
            tensors.push((format!("{PREFIX}identity.{name}"), tensor.clone()));
        }
        let width = self.typicality.mean().len();
        let mean = Tensor::from_slice(self.typicality.mean(), (1, width), &Device::Cpu)?;
        tensors.push((format!("{PREFIX}typicality.mean"), mean));
        let whitening = half(self.typicality.whitening(), width)?;
        tensors.push((format!("{PREFIX}typicality.whitening"), whitening));
        if let Some(sharpness) = &self.sharpness {
            let weights = Tensor::from_slice(sharpness.weights(), (1, width), &Device::Cpu)?;
            tensors.push((format!("{PREFIX}sharpness.weights"), weights));
        }
        Ok(tensors)
    }
}

impl<'a> OpenSetScorer<'a> {
    /// Creates a scorer of an ensemble and a model over the same backbones.
    pub fn new(ensemble: &'a Ensemble, model: &'a OpenSet) -> Self {
        Self { ensemble, model }
    }

    /// Returns the parameters of the model.
    pub fn config(&self) -> &'a OpenSetConfig {
        &self.model.config
    }

    /// Returns the ensemble.
    pub fn ensemble(&self) -> &'a Ensemble {
        self.ensemble
    }

    /// Returns the model's own cohort.
    pub fn cohort(&self) -> &'a Cohort {
        &self.model.cohort
    }

    /// Normalizes the score of two faces.
    pub fn normalized(&self, score: f64, faces: [CohortStatistics; 2]) -> f64 {
        normalized(score, faces, self.config().typical_deviation)
    }

    /// Returns log likelihood ratios of the same person against kin.
    ///
    /// They are of every face of `a` with every face of `b`: `(n, m)`.
    ///
    /// # Errors
    /// [`KinshipError::Compute`] if the shapes differ.
    pub fn identity(&self, a: &[Rows], b: &[Rows]) -> Result<Vec<f64>, KinshipError> {
        let calibration = self.config().identity;
        let mut ratios = Vec::with_capacity(a[0].count() * b[0].count());
        for i in 0..a[0].count() {
            let scores = self.model.identity.scores(&a[0].select([i])?, &b[0])?;
            ratios.extend(scores.into_iter().map(|score| calibration.log_odds(score)));
        }
        Ok(ratios)
    }

    /// Returns the similarity of each face to the sharp training faces, 0 to 1.
    ///
    /// **Shape**: per backbone `(n, d)` → `(n)`.
    ///
    /// # Errors
    /// [`KinshipError::UnevenRows`] if the embeddings are not those of the ensemble's backbones.
    pub fn typicality(&self, faces: &[Rows]) -> Result<Vec<f64>, KinshipError> {
        let OpenSet { typicality, sharpness, .. } = self.model;
        let distances = typicality.distances(&faces[0]).into_iter();
        let mut weights: Vec<f64> = distances.map(|distance| typicality.weight(distance)).collect();
        if let Some(sharpness) = sharpness {
            let sharp = sharpness.evidence_weights(&faces[0])?;
            weights.iter_mut().zip(sharp).for_each(|(weight, sharp)| *weight = weight.min(sharp));
        }
        Ok(weights)
    }

    /// Returns the terms of faces, per backbone `(n, d)` → n.
    ///
    /// # Errors
    /// [`KinshipError::OtherBackbones`] if the embeddings are not those of the ensemble's
    /// backbones.
    pub fn face_terms(&self, faces: &[Rows]) -> Result<Vec<FaceTerms>, KinshipError> {
        let statistics = self.cohort().statistics(self.ensemble, faces)?;
        let terms = statistics.into_iter().zip(self.typicality(faces)?);
        Ok(terms.map(|(statistics, typicality)| FaceTerms { statistics, typicality }).collect())
    }

    /// Returns the log likelihood ratio of kin against unrelated people.
    ///
    /// `score` is the score of two faces by [`Ensemble::scores`].
    pub fn kin_ratio(&self, score: f64, faces: [FaceTerms; 2]) -> f64 {
        let score = self.normalized(score, faces.map(|face| face.statistics));
        let [a, b] = faces.map(|face| face.typicality);
        a.min(b) * bounded(self.config().pair.log_odds(score))
    }

    /// Returns the evidence of pairs of photos: per backbone `(1, d)` or `(n, d)`, and `(n, d)`.
    ///
    /// # Errors
    /// [`KinshipError::OtherBackbones`] if the embeddings are not those of the ensemble's
    /// backbones.
    pub fn pairs(&self, a: &[Rows], b: &[Rows]) -> Result<Vec<PairEvidence>, KinshipError> {
        let judged = self.ensemble.judge(a, b)?;
        let own = self.face_terms(a)?;
        let others = self.face_terms(b)?;
        let same_person = self.model.identity.scores(&a[0], &b[0])?;
        let evidence = |(i, judgement): (usize, super::PersonScore)| {
            let j = if own.len() == 1 { 0 } else { i };
            PairEvidence {
                kin: self.kin_ratio(judgement.score, [own[j], others[i]]),
                same_person: self.config().identity.log_odds(same_person[i]),
                typicality: own[j].typicality.min(others[i].typicality),
                members: judgement.members,
            }
        };
        Ok(judged.into_iter().enumerate().map(evidence).collect())
    }
}

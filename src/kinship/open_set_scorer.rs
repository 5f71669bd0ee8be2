//! Evidence of kinship by an ensemble with an open-set model.
//!
//! A pair's score is normalized against a cohort ([`super::normalized`]). Its likelihood ratio is
//! calibrated over sources. A fitted tail ([`super::Tail`]) yields the probability that an
//! unrelated person scores as high.

use super::{
    Cohort, CohortStatistics, Ensemble, KinshipError, OpenSet, OpenSetConfig, Rows, bounded,
    normalized,
};

/// An ensemble with its open-set model.
#[derive(Clone, Copy)]
pub struct OpenSetScorer<'a> {
    ensemble: &'a Ensemble,
    model: &'a OpenSet,
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

/// Statistics of one face that count in every pair.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaceStatistics {
    cohort: CohortStatistics,
    /// Similarity to the training faces, 0 to 1.
    typicality: f64,
}

impl<'a> OpenSetScorer<'a> {
    /// Creates a scorer of an ensemble and a model over the same backbones.
    pub fn new(ensemble: &'a Ensemble, model: &'a OpenSet) -> Self {
        Self { ensemble, model }
    }

    /// Creates a scorer of an ensemble and its own model.
    ///
    /// Returns `None` if the ensemble has no open-set model.
    pub fn from_ensemble(ensemble: &'a Ensemble) -> Option<Self> {
        ensemble.open_set().map(|model| Self { ensemble, model })
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

    /// Returns statistics of the scores of faces with the cohort: per backbone `(m, d)` → m.
    ///
    /// # Errors
    /// [`KinshipError::OtherBackbones`] if the embeddings are not those of the ensemble's
    /// backbones.
    /// [`KinshipError::SmallCohort`] if the cohort is too small.
    pub fn cohort_statistics(&self, faces: &[Rows]) -> Result<Vec<CohortStatistics>, KinshipError> {
        let cohort = &self.model.cohort.faces;
        let found = cohort[0].count();
        self.ensemble
            .scores(faces, cohort)?
            .chunks_exact_mut(found)
            .map(CohortStatistics::from_scores)
            .map(|statistics| statistics.ok_or(KinshipError::SmallCohort { found }))
            .collect()
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

    /// Returns the statistics of faces, per backbone `(n, d)` → n.
    ///
    /// # Errors
    /// [`KinshipError::OtherBackbones`] if the embeddings are not those of the ensemble's
    /// backbones.
    pub fn face_statistics(&self, faces: &[Rows]) -> Result<Vec<FaceStatistics>, KinshipError> {
        let cohort = self.cohort_statistics(faces)?.into_iter();
        let faces = cohort.zip(self.typicality(faces)?);
        Ok(faces.map(|(cohort, typicality)| FaceStatistics { cohort, typicality }).collect())
    }

    /// Returns the log likelihood ratio of kin against unrelated people.
    ///
    /// `score` is the score of two faces by [`Ensemble::scores`].
    pub fn kin_ratio(&self, score: f64, faces: [FaceStatistics; 2]) -> f64 {
        let score = self.normalized(score, faces.map(|face| face.cohort));
        let [a, b] = faces.map(|face| face.typicality);
        a.min(b) * bounded(self.config().pair.log_odds(score))
    }

    /// Returns the evidence of pairs of photos: per backbone `(1, d)` or `(n, d)`, and `(n, d)`.
    ///
    /// # Errors
    /// [`KinshipError::OtherBackbones`] if the embeddings are not those of the ensemble's
    /// backbones.
    pub fn pairs(&self, a: &[Rows], b: &[Rows]) -> Result<Vec<PairEvidence>, KinshipError> {
        let scores = self.ensemble.score_pairs(a, b)?;
        let first = self.face_statistics(a)?;
        let second = self.face_statistics(b)?;
        let same_person = self.model.identity.scores(&a[0], &b[0])?;
        let mut evidence = Vec::with_capacity(scores.len());
        for (i, pair) in scores.into_iter().enumerate() {
            // A single photo belongs to every pair.
            let faces = [first[if first.len() == 1 { 0 } else { i }], second[i]];
            let [a, b] = faces.map(|face| face.typicality);
            evidence.push(PairEvidence {
                kin: self.kin_ratio(pair.score, faces),
                same_person: self.config().identity.log_odds(same_person[i]),
                typicality: a.min(b),
                members: pair.members,
            });
        }
        Ok(evidence)
    }
}

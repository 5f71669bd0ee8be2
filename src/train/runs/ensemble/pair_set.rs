//! Pairs of some families, with scores of members that saw none of these families.

use super::member::{PROTOCOL_PAIRS, TrainedMember};
use crate::dataset::{PairSampler, PhotoPair};
use crate::kinship::{Calibration, KinshipError};
use crate::metrics::Pairs;
use crate::train::data::corpus::Corpus;

/// Pairs of the verification protocol, with the scores of all members and cosines.
///
/// Half of the pairs are kin.
#[derive(Clone, Default)]
pub(crate) struct PairSet {
    pub(crate) pairs: Vec<PhotoPair>,
    /// Per member, its score of each pair.
    pub(crate) scores: Vec<Vec<f64>>,
    /// Per backbone, the cosine of each pair.
    pub(crate) cosines: Vec<Vec<f64>>,
}

impl PairSet {
    /// Scores the pairs of `families`.
    pub(crate) fn new(
        corpus: &Corpus,
        members: &[TrainedMember],
        families: &[usize],
        seed: u64,
    ) -> Result<Self, KinshipError> {
        let pairs = PairSampler::new(&corpus.pedigree, families, seed).protocol(PROTOCOL_PAIRS);
        let mut pair_set = Self { pairs, ..Self::default() };
        if pair_set.pairs.is_empty() {
            return Ok(pair_set);
        }
        let mut sides = Vec::new();
        for backbone in 0..corpus.backbones.len() {
            let (first, second) = corpus.sides(backbone, &pair_set.pairs)?;
            pair_set.cosines.push(first.cosines(&second)?);
            sides.push((first, second));
        }
        for member in members {
            let (first, second) = &sides[member.backbone];
            pair_set.scores.push(member.head.scores(first, second)?);
        }
        Ok(pair_set)
    }

    /// Converts each member's scores to log odds, by one calibration per member.
    pub(crate) fn calibrated(mut self, calibrations: &[Calibration]) -> Self {
        for (scores, calibration) in self.scores.iter_mut().zip(calibrations) {
            scores.iter_mut().for_each(|score| *score = calibration.log_odds(*score));
        }
        self
    }

    /// Adds the pairs of other families of the same source.
    pub(crate) fn extend(&mut self, other: Self) {
        self.pairs.extend(other.pairs);
        append_columns(&mut self.scores, other.scores);
        append_columns(&mut self.cosines, other.cosines);
    }

    pub(crate) fn is_kin(&self) -> Vec<bool> {
        self.pairs.iter().map(|pair| pair.is_kin).collect()
    }

    /// Returns the members' weighted sum of scores of each pair.
    pub(crate) fn joined(&self, weights: &[f64]) -> Vec<f64> {
        let mut joined = vec![0.0; self.pairs.len()];
        for (scores, weight) in self.scores.iter().zip(weights).filter(|(_, weight)| **weight > 0.0)
        {
            joined.iter_mut().zip(scores).for_each(|(sum, score)| *sum += weight * score);
        }
        joined
    }

    /// Returns the pairs with `scores`, one per pair.
    pub(crate) fn scored(&self, scores: &[f64]) -> Pairs {
        Pairs {
            scores: scores.to_vec(),
            is_kin: self.is_kin(),
            families: self.pairs.iter().map(|pair| pair.families).collect(),
            relations: self.pairs.iter().map(|pair| pair.relation).collect(),
        }
    }
}

fn append_columns(columns: &mut Vec<Vec<f64>>, more: Vec<Vec<f64>>) {
    columns.resize(more.len().max(columns.len()), Vec::new());
    columns.iter_mut().zip(more).for_each(|(column, more)| column.extend(more));
}

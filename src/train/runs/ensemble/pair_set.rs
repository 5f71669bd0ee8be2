//! Pairs of some families, with scores of members that saw none of these families.

use super::member::PROTOCOL_PAIRS;
use super::members::TrainedSplit;
use crate::dataset::{PairSampler, PhotoPair};
use crate::kinship::{Calibration, KinshipError, LabeledRows, Logistic};
use crate::metrics::Pairs;
use crate::train::data::corpus::Corpus;

/// Pairs of the verification protocol, with the scores of all members and cosines.
///
/// Half of the pairs are kin.
#[derive(Clone, Default)]
pub(crate) struct Panel {
    pub(crate) pairs: Vec<PhotoPair>,
    /// Per member, its score of each pair.
    pub(crate) scores: Vec<Vec<f64>>,
    /// Per backbone, the cosine of each pair.
    pub(crate) cosines: Vec<Vec<f64>>,
}

impl Panel {
    /// Scores the pairs of `families`.
    pub(crate) fn new(
        corpus: &Corpus,
        members: &[super::members::TrainedMember],
        families: &[usize],
        seed: u64,
    ) -> Result<Self, KinshipError> {
        let pairs = PairSampler::new(&corpus.pedigree, families, seed).protocol(PROTOCOL_PAIRS);
        let mut panel = Self { pairs, ..Self::default() };
        if panel.pairs.is_empty() {
            return Ok(panel);
        }
        let mut sides = Vec::new();
        for backbone in 0..corpus.backbones.len() {
            let (first, second) = corpus.sides(backbone, &panel.pairs)?;
            panel.cosines.push(first.cosines(&second)?);
            sides.push((first, second));
        }
        for member in members {
            let (first, second) = &sides[member.backbone];
            panel.scores.push(member.head.scores(first, second)?);
        }
        Ok(panel)
    }

    /// Converts each member's scores to calibrated log odds.
    pub(crate) fn calibrated(mut self, split: &TrainedSplit) -> Self {
        for (scores, calibration) in self.scores.iter_mut().zip(&split.calibrations) {
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

/// Fits log odds to scores (Platt 1999). Each row counts by its weight.
///
/// A higher score never lowers the log odds. Few families can result in a slope that is not
/// positive. The score is then uninformative, and slope and intercept are 0.
pub(crate) fn platt(
    scores: &[f64],
    is_kin: &[bool],
    weights: Option<Vec<f64>>,
) -> Result<Calibration, KinshipError> {
    let rows = LabeledRows::new(scores.chunks(1), is_kin);
    let rows = match weights {
        Some(weights) => rows.with_weights(weights),
        None => rows,
    };
    let fitted = Logistic::fit(&rows, 1e-6).ok_or(KinshipError::NoPairs { what: "calibration" })?;
    let calibration = Calibration { slope: fitted.weights[0], intercept: fitted.intercept };
    let says_nothing = Calibration { slope: 0.0, intercept: 0.0 };
    Ok(if calibration.slope > 0.0 { calibration } else { says_nothing })
}

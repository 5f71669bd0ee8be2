//! Members become an ensemble: who stays, how much each counts, and what a score means.

use super::corpus::Corpus;
use super::member::PROTOCOL_PAIRS;
use crate::dataset::{PairSampler, PhotoPair};
use crate::kinship::{Calibration, Head, KinshipError, Logistic, Recipe};
use crate::metrics::Ranking;

/// Pairs with what every member and every backbone's cosine says of them.
pub(super) struct Panel {
    pub(super) pairs: Vec<PhotoPair>,
    /// Per member one score a pair.
    pub(super) scores: Vec<Vec<f64>>,
    /// Per backbone one cosine a pair.
    pub(super) cosines: Vec<Vec<f64>>,
}

/// A taught member.
pub(super) struct Taught {
    pub(super) recipe: &'static str,
    pub(super) backbone: usize,
    pub(super) head: Head,
}

/// What was fitted to families that no member learned from.
pub(super) struct Fitted {
    /// Per member.
    pub(super) calibrations: Vec<Calibration>,
    /// Per member why it was left out; None where it stays.
    pub(super) left_out: Vec<Option<String>>,
    /// Members that stay count alike.
    pub(super) mean: Combination,
    /// Members that stay count by a logistic regression on the validation families.
    pub(super) weighted: Combination,
}

/// A way to join the members' scores.
pub(super) struct Combination {
    /// Per member; 0 for those left out, the sum is 1.
    pub(super) weights: Vec<f64>,
    pub(super) calibration: Calibration,
}

/// Pull of the members' weights towards 0, as if so many pairs per pair were against them.
const RIDGE_PER_PAIR: f64 = 0.01;
/// A member that counts for less than this leaves: it would take its time in every search, and change next to nothing.
const LEAST_WEIGHT: f64 = 0.05;

impl Panel {
    /// Judges the pairs of the verification protocol of some families.
    pub(super) fn new(
        corpus: &Corpus,
        members: &[Taught],
        (families, seed): (&[usize], u64),
    ) -> Result<Self, KinshipError> {
        let pairs = PairSampler::new(&corpus.pedigree, families, seed).protocol(PROTOCOL_PAIRS);
        let mut panel = Self { pairs, scores: Vec::new(), cosines: Vec::new() };
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

    pub(super) fn is_kin(&self) -> Vec<bool> {
        self.pairs.iter().map(|pair| pair.is_kin).collect()
    }

    /// Per pair the calibrated log odds of every member.
    fn log_odds(&self, calibrations: &[Calibration]) -> Vec<Vec<f64>> {
        let of_pair = |pair: usize| {
            let members = self.scores.iter().zip(calibrations);
            members.map(|(scores, calibration)| calibration.log_odds(scores[pair])).collect()
        };
        (0..self.pairs.len()).map(of_pair).collect()
    }

    /// Per pair the log odds of kinship by the ensemble.
    pub(super) fn joined(&self, calibrations: &[Calibration], by: &Combination) -> Vec<f64> {
        let joined = |row: Vec<f64>| by.calibration.log_odds(dot(&by.weights, &row));
        self.log_odds(calibrations).into_iter().map(joined).collect()
    }
}

impl Fitted {
    /// Fits members' calibrations and weights to the `validation` families, and the ensemble's calibration to the
    /// `calibration` families. A member stays that reaches `min_auc` alone and more than its backbone's cosine, and so
    /// does that itself.
    pub(super) fn new(
        members: &[Taught],
        (validation, calibration): (&Panel, &Panel),
        min_auc: f64,
    ) -> Result<Self, KinshipError> {
        let is_kin = validation.is_kin();
        let single = |scores: &Vec<f64>| platt(scores, &is_kin);
        let calibrations: Vec<Calibration> =
            validation.scores.iter().map(single).collect::<Result<_, _>>()?;
        let auc = |scores: &[f64]| Ranking::new(scores, &is_kin).curve().roc_auc().unwrap_or(0.5);
        let judge = |(member, scores): (&Taught, &Vec<f64>)| {
            let (found, floor) = (auc(scores), auc(&validation.cosines[member.backbone]));
            match found {
                // The floor itself stays.
                _ if found <= floor && member.recipe != Recipe::COSINE => {
                    Some(format!("AUC {found:.3}, the cosine has {floor:.3}"))
                }
                _ if found < min_auc => Some(format!("AUC {found:.3}, asked are {min_auc:.3}")),
                _ => None,
            }
        };
        let left_out: Vec<Option<String>> =
            members.iter().zip(&validation.scores).map(judge).collect();
        let stays: Vec<bool> = left_out.iter().map(Option::is_none).collect();
        let rows = validation.log_odds(&calibrations);
        let combination = |weights: Vec<f64>| {
            let joined = calibration.log_odds(&calibrations);
            let joined: Vec<f64> = joined.iter().map(|row| dot(&weights, row)).collect();
            let calibration = platt(&joined, &calibration.is_kin())?;
            Ok::<_, KinshipError>(Combination { weights, calibration })
        };
        let mean = combination(alike(&stays))?;
        let weighted = combination(fitted_weights(&rows, &is_kin, &stays))?;
        Ok(Self { calibrations, left_out, mean, weighted })
    }
}

/// Scores as log odds. A higher score never makes kinship less likely: where it seemed to, on few families, it says
/// nothing.
fn platt(scores: &[f64], is_kin: &[bool]) -> Result<Calibration, KinshipError> {
    let features: Vec<Vec<f64>> = scores.iter().map(|&score| vec![score]).collect();
    let fitted = Logistic::fit(&features, is_kin, 1e-6)
        .ok_or(KinshipError::NoPairs { what: "calibration" })?;
    let calibration = Calibration { slope: fitted.weights[0], intercept: fitted.intercept };
    let says_nothing = Calibration { slope: 0.0, intercept: 0.0 };
    Ok(if calibration.slope > 0.0 { calibration } else { says_nothing })
}

fn alike(stays: &[bool]) -> Vec<f64> {
    let count = stays.iter().filter(|&&stays| stays).count().max(1);
    stays.iter().map(|&stays| if stays { 1.0 / count as f64 } else { 0.0 }).collect()
}

/// Weights by logistic regression, with the sum 1; members whose weight would be below [`LEAST_WEIGHT`] leave, one after the
/// other, the lowest first. Alike where none remains.
fn fitted_weights(rows: &[Vec<f64>], is_kin: &[bool], stays: &[bool]) -> Vec<f64> {
    let mut stays: Vec<usize> = (0..stays.len()).filter(|&at| stays[at]).collect();
    let count = rows.first().map_or(0, Vec::len);
    let everyone: Vec<bool> = (0..count).map(|at| stays.contains(&at)).collect();
    while !stays.is_empty() {
        let features: Vec<Vec<f64>> =
            rows.iter().map(|row| stays.iter().map(|&at| row[at]).collect()).collect();
        let ridge = RIDGE_PER_PAIR * rows.len() as f64;
        let Some(Logistic { weights, .. }) = Logistic::fit(&features, is_kin, ridge) else { break };
        let lowest = (0..weights.len()).min_by(|&a, &b| weights[a].total_cmp(&weights[b]));
        let sum: f64 = weights.iter().sum();
        match lowest {
            Some(lowest) if weights[lowest] <= LEAST_WEIGHT * sum.max(0.0) => {
                stays.remove(lowest);
            }
            _ => {
                let mut all = vec![0.0; count];
                stays.iter().zip(weights).for_each(|(&at, weight)| all[at] = weight / sum);
                return all;
            }
        }
    }
    alike(&everyone)
}

fn dot(weights: &[f64], values: &[f64]) -> f64 {
    weights.iter().zip(values).map(|(weight, value)| weight * value).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_that_only_adds_noise_counts_less_and_one_that_misleads_nothing() {
        let is_kin: Vec<bool> = (0..200).map(|at| at % 2 == 0).collect();
        let row = |at: usize| {
            let truth = if is_kin[at] { 1.0 } else { -1.0 };
            let noise = ((at * 37) % 101) as f64 / 50.0 - 1.0;
            vec![truth + noise, 0.3 * truth + 2.0 * noise, -truth + noise]
        };
        let rows: Vec<Vec<f64>> = (0..200).map(row).collect();
        let weights = fitted_weights(&rows, &is_kin, &[true; 3]);
        assert!(weights[0] > weights[1] && weights[1] >= 0.0 && weights[2] == 0.0, "{weights:?}");
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert_eq!(fitted_weights(&rows, &is_kin, &[false, true, false]), [0.0, 1.0, 0.0]);
        // One that knows a little, beside one that knows nearly all.
        let rows: Vec<Vec<f64>> = (0..200).map(|at| vec![3.0 * row(at)[0], row(at)[1]]).collect();
        assert_eq!(fitted_weights(&rows, &is_kin, &[true; 2]), [1.0, 0.0]);
    }
}

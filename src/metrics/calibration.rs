//! Calibration metrics: agreement of predicted probabilities with observed shares.

use serde::Serialize;

/// Pairs of about the same predicted probability.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bin {
    /// Mean predicted probability.
    pub predicted: f64,
    /// Share of kin pairs.
    pub observed: f64,
    /// Total weight of the pairs.
    pub weight: f64,
}

/// Returns the mean squared error of probabilities against labels, 0 or 1 (Brier 1950).
///
/// 0 is best. Always predicting ½ yields 0.25. `weight(i)` is the weight of pair i.
///
/// Returns `None` if the total weight is 0.
pub fn brier_score(
    probabilities: &[f64],
    is_kin: &[bool],
    weight: impl Fn(usize) -> f64,
) -> Option<f64> {
    let mut sum = 0.0;
    let mut total = 0.0;
    for (i, (probability, &is_kin)) in probabilities.iter().zip(is_kin).enumerate() {
        sum += weight(i) * (probability - f64::from(is_kin)).powi(2);
        total += weight(i);
    }
    (total > 0.0).then_some(sum / total)
}

/// Groups pairs into `bins` equal parts of 0..1 by probability. Empty bins are left out.
pub fn reliability(
    probabilities: &[f64],
    is_kin: &[bool],
    bins: usize,
    weight: impl Fn(usize) -> f64,
) -> Vec<Bin> {
    let mut sums = vec![Bin { predicted: 0.0, observed: 0.0, weight: 0.0 }; bins];
    for (i, (&probability, &is_kin)) in probabilities.iter().zip(is_kin).enumerate() {
        let bin = &mut sums[((probability * bins as f64) as usize).min(bins - 1)];
        let weight = weight(i);
        bin.predicted += weight * probability;
        bin.observed += weight * f64::from(is_kin);
        bin.weight += weight;
    }
    sums.retain(|bin| bin.weight > 0.0);
    for bin in &mut sums {
        bin.predicted /= bin.weight;
        bin.observed /= bin.weight;
    }
    sums
}

/// Returns the expected calibration error over the bins of [`reliability`], 0 to 1.
///
/// It is the mean distance of predicted from observed (Naeini, Cooper and Hauskrecht 2015).
///
/// Returns `None` if the total weight is 0.
pub fn calibration_error(bins: &[Bin]) -> Option<f64> {
    let total: f64 = bins.iter().map(|bin| bin.weight).sum();
    let distances = bins.iter().map(|bin| bin.weight * (bin.predicted - bin.observed).abs());
    (total > 0.0).then(|| distances.sum::<f64>() / total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probability_that_is_always_right_has_no_error() {
        let (probabilities, kin) = ([1.0, 0.0, 1.0], [true, false, true]);
        assert_eq!(brier_score(&probabilities, &kin, |_| 1.0), Some(0.0));
        assert_eq!(calibration_error(&reliability(&probabilities, &kin, 10, |_| 1.0)), Some(0.0));
        assert_eq!(brier_score(&[], &[], |_| 1.0), None);
        assert_eq!(calibration_error(&[]), None);
    }

    #[test]
    fn a_sure_and_wrong_probability_has_all_the_error() {
        assert_eq!(brier_score(&[1.0], &[false], |_| 1.0), Some(1.0));
        assert_eq!(calibration_error(&reliability(&[1.0], &[false], 10, |_| 1.0)), Some(1.0));
    }

    #[test]
    fn what_counts_nothing_changes_nothing() {
        let weight = |i: usize| if i == 2 { 0.0 } else { 1.0 };
        let bins = reliability(&[0.31, 0.33, 0.9], &[true, false, false], 10, weight);
        assert_eq!(bins.len(), 1);
        assert!((bins[0].predicted - 0.32).abs() < 1e-12 && bins[0].observed == 0.5);
    }
}

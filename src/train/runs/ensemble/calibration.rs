//! Calibration of scores: log odds and probabilities.

use crate::kinship::{Calibration, KinshipError, LabeledRows, Logistic, bounded, probability};

/// Calibration of an uninformative score.
const UNINFORMATIVE: Calibration = Calibration { slope: 0.0, intercept: 0.0 };

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
    Ok(if calibration.slope > 0.0 { calibration } else { UNINFORMATIVE })
}

/// Converts log likelihood ratios to probabilities at even odds.
pub(crate) fn probabilities(log_likelihood_ratios: &[f64]) -> Vec<f64> {
    log_likelihood_ratios.iter().map(|&ratio| probability(bounded(ratio))).collect()
}

//! Linear calibration of scores to log odds.

use serde::{Deserialize, Serialize};

/// Linear calibration: log odds = slope · score + intercept (Platt 1999).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Log odds per unit of score.
    pub slope: f64,
    /// Log odds at a score of 0.
    pub intercept: f64,
}

impl Calibration {
    /// Returns the calibrated log odds of a score.
    pub fn log_odds(self, score: f64) -> f64 {
        self.slope * score + self.intercept
    }
}

//! Logistic regression, for what has few features: calibration and the weights of an ensemble.

use faer::linalg::solvers::Solve;
use faer::{Mat, Side};

/// log odds = intercept + Σ weight · feature
#[derive(Clone, Debug, PartialEq)]
pub struct Logistic {
    /// One a feature.
    pub weights: Vec<f64>,
    /// The log odds where all features are 0.
    pub intercept: f64,
}

/// Most Newton steps; a handful is usual.
const STEPS: usize = 50;

/// The log odds as a probability, 0 to 1.
pub fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

impl Logistic {
    /// Fits by Newton's method (Hastie, Tibshirani and Friedman 2009, section 4.4.1) the weights that make `is_kin` most
    /// likely, less `ridge` times half their squares. `features` has one row a pair. None without pairs of both kinds.
    pub fn fit(features: &[Vec<f64>], is_kin: &[bool], ridge: f64) -> Option<Self> {
        if !is_kin.contains(&true) || !is_kin.contains(&false) {
            return None;
        }
        let count = features.first()?.len();
        let mut found = Self { weights: vec![0.0; count], intercept: 0.0 };
        for _ in 0..STEPS {
            let step = found.newton_step(features, is_kin, ridge)?;
            found.weights.iter_mut().zip(&step).for_each(|(weight, step)| *weight += step);
            found.intercept += step[count];
            if step.iter().all(|step| step.abs() < 1e-10) {
                break;
            }
        }
        found.weights.iter().all(|weight| weight.is_finite()).then_some(found)
    }

    /// The log odds of a pair.
    pub fn log_odds(&self, features: &[f64]) -> f64 {
        let products = self.weights.iter().zip(features).map(|(weight, feature)| weight * feature);
        self.intercept + products.sum::<f64>()
    }

    fn newton_step(&self, features: &[Vec<f64>], is_kin: &[bool], ridge: f64) -> Option<Vec<f64>> {
        let count = self.weights.len();
        // The intercept is not held back, but for what keeps a separable problem from running away.
        let held = |at: usize| if at < count { ridge } else { 1e-9 };
        let current = |at: usize| if at < count { self.weights[at] } else { self.intercept };
        let mut hessian =
            Mat::from_fn(count + 1, count + 1, |i, j| if i == j { held(i) } else { 0.0 });
        let mut gradient = Mat::from_fn(count + 1, 1, |i, _| -held(i) * current(i));
        for (row, &is_kin) in features.iter().zip(is_kin) {
            let predicted = probability(self.log_odds(row));
            let spread = (predicted * (1.0 - predicted)).max(1e-12);
            let value = |at: usize| row.get(at).copied().unwrap_or(1.0);
            for i in 0..=count {
                gradient[(i, 0)] += value(i) * (f64::from(is_kin) - predicted);
                for j in 0..=count {
                    hessian[(i, j)] += spread * value(i) * value(j);
                }
            }
        }
        let solved = hessian.llt(Side::Lower).ok()?.solve(&gradient);
        Some((0..=count).map(|i| solved[(i, 0)]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fitted_probability_is_the_share_of_kin() {
        // Of feature 0 a quarter is kin, of feature 1 three quarters.
        let features: Vec<Vec<f64>> = (0..8).map(|i| vec![f64::from(i / 4)]).collect();
        let is_kin = [true, false, false, false, true, true, true, false];
        let fitted = Logistic::fit(&features, &is_kin, 1e-9).unwrap();
        assert!((probability(fitted.log_odds(&[0.0])) - 0.25).abs() < 1e-6);
        assert!((probability(fitted.log_odds(&[1.0])) - 0.75).abs() < 1e-6);
    }

    #[test]
    fn pairs_that_a_line_separates_still_have_finite_weights() {
        let features = [vec![-1.0], vec![1.0]];
        let fitted = Logistic::fit(&features, &[false, true], 0.1).unwrap();
        assert!(fitted.weights[0] > 0.0 && fitted.weights[0].is_finite());
        assert_eq!(Logistic::fit(&features, &[true, true], 0.1), None);
        assert_eq!(Logistic::fit(&[], &[], 0.1), None);
    }
}

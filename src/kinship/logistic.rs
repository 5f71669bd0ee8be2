//! Logistic regression with a quadratic penalty, fitted by Newton's method.

use faer::linalg::solvers::Solve;
use faer::{Mat, Par, Side};

/// Log odds that are linear in the features: `intercept + Σ weight · feature`.
#[derive(Clone, Debug, PartialEq)]
pub struct Logistic {
    /// One weight a feature.
    pub weights: Vec<f64>,
    /// Log odds if all features are 0.
    pub intercept: f64,
}

/// Labeled rows of features.
pub struct LabeledRows {
    /// `(n, k + 1)`: k features and a last column of ones.
    features: Mat<f64>,
    labels: Vec<bool>,
    /// Weight of each row.
    weights: Vec<f64>,
}

const MAX_STEPS: usize = 50;
/// Newton's method ends if no weight changes by more than this.
const TOLERANCE: f64 = 1e-9;
/// Penalty of the intercept. It only ensures that a separable problem stays finite.
const INTERCEPT_RIDGE: f64 = 1e-9;

/// Converts log odds to a probability, 0 to 1.
pub fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

impl LabeledRows {
    /// Creates rows of equal weight. All have as many features as the first.
    ///
    /// # Panics
    /// If a row is shorter than the first. If the numbers of labels and rows differ.
    pub fn new<'a, R>(rows: R, labels: &[bool]) -> Self
    where
        R: IntoIterator<Item = &'a [f64]>,
        R::IntoIter: ExactSizeIterator + Clone,
    {
        let rows = rows.into_iter();
        assert_eq!(rows.len(), labels.len(), "every row has a label");
        let count = rows.clone().next().map_or(0, <[f64]>::len);
        let mut features = Mat::from_fn(labels.len(), count + 1, |_, _| 1.0);
        for (i, row) in rows.enumerate() {
            (0..count).for_each(|j| features[(i, j)] = row[j]);
        }
        Self { features, labels: labels.to_vec(), weights: vec![1.0; labels.len()] }
    }

    /// Returns the same rows with other weights.
    ///
    /// # Panics
    /// If the numbers of weights and rows differ.
    #[must_use]
    pub fn with_weights(self, weights: Vec<f64>) -> Self {
        assert_eq!(weights.len(), self.labels.len(), "every row has a weight");
        Self { weights, ..self }
    }

    /// Returns the rows with weights of equal sums for both labels. The mean weight is 1.
    #[must_use]
    pub fn balanced(self) -> Self {
        let total = self.labels.len() as f64;
        let labeled = self.labels.iter().filter(|is_labeled| **is_labeled).count() as f64;
        let weight_true = total / 2.0 / labeled;
        let weight_false = total / 2.0 / (total - labeled);
        let weights = self
            .labels
            .iter()
            .map(|is_labeled| if *is_labeled { weight_true } else { weight_false })
            .collect();
        self.with_weights(weights)
    }

    /// Returns the sum of the weights.
    fn total(&self) -> f64 {
        self.weights.iter().sum()
    }
}

impl Logistic {
    /// Maximizes the penalized, weighted log likelihood of the labels.
    ///
    /// The penalty is `ridge / 2 · Σ weight²` (Hastie, Tibshirani and Friedman 2009, section
    /// 4.4.1). The intercept is not penalized.
    ///
    /// Returns `None` if all labels are equal, or the fit diverges.
    pub fn fit(rows: &LabeledRows, ridge: f64) -> Option<Self> {
        if !rows.labels.contains(&true) || !rows.labels.contains(&false) {
            return None;
        }
        // One thread: the order of sums must not depend on the machine.
        faer::set_global_parallelism(Par::Seq);
        let count = rows.features.ncols();
        let mut weights = vec![0.0; count];
        for _ in 0..MAX_STEPS {
            let step = newton_step(rows, &weights, ridge)?;
            weights.iter_mut().zip(&step).for_each(|(weight, step)| *weight += step);
            if step.iter().all(|step| step.abs() < TOLERANCE) {
                break;
            }
        }
        let intercept = weights.pop()?;
        let is_finite = intercept.is_finite() && weights.iter().all(|weight| weight.is_finite());
        is_finite.then_some(Self { weights, intercept })
    }

    /// As [`Self::fit`], with a penalty that grows with the rows: `ridge_per_row · Σ row weights`.
    pub fn fit_per_row(rows: &LabeledRows, ridge_per_row: f64) -> Option<Self> {
        Self::fit(rows, ridge_per_row * rows.total())
    }

    /// Returns the log odds of one row.
    pub fn log_odds(&self, features: &[f64]) -> f64 {
        let products = self.weights.iter().zip(features).map(|(weight, feature)| weight * feature);
        self.intercept + products.sum::<f64>()
    }
}

fn newton_step(rows: &LabeledRows, weights: &[f64], ridge: f64) -> Option<Vec<f64>> {
    let LabeledRows { features, labels, weights: row_weights } = rows;
    let count = weights.len();
    let mut penalties = vec![ridge; count];
    penalties[count - 1] = INTERCEPT_RIDGE;
    let current = Mat::from_fn(count, 1, |j, _| weights[j]);
    let log_odds = features * &current;
    let mut residuals = Mat::zeros(labels.len(), 1);
    let mut scaled = features.clone();
    let mut roots = Vec::with_capacity(labels.len());
    for (i, (&label, row_weight)) in labels.iter().zip(row_weights).enumerate() {
        let predicted = probability(log_odds[(i, 0)]);
        residuals[(i, 0)] = row_weight * (f64::from(label) - predicted);
        roots.push((row_weight * (predicted * (1.0 - predicted)).max(1e-12)).sqrt());
    }
    for j in 0..count {
        scaled.col_mut(j).iter_mut().zip(&roots).for_each(|(value, root)| *value *= root);
    }
    let mut hessian = scaled.transpose() * &scaled;
    let mut gradient = features.transpose() * residuals;
    for j in 0..count {
        hessian[(j, j)] += penalties[j];
        gradient[(j, 0)] -= penalties[j] * weights[j];
    }
    let solved = hessian.llt(Side::Lower).ok()?.solve(&gradient);
    Some((0..count).map(|j| solved[(j, 0)]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(features: &[f64], labels: &[bool]) -> LabeledRows {
        LabeledRows::new(features.chunks(1), labels)
    }

    #[test]
    fn fitted_probability_is_the_share_of_positives() {
        // A quarter of the rows with feature 0 are positive, and three quarters of those with 1.
        let features: Vec<f64> = (0..8).map(|i| f64::from(i / 4)).collect();
        let labels = [true, false, false, false, true, true, true, false];
        let fitted = Logistic::fit(&rows(&features, &labels), 1e-9).unwrap();
        assert!((probability(fitted.log_odds(&[0.0])) - 0.25).abs() < 1e-6);
        assert!((probability(fitted.log_odds(&[1.0])) - 0.75).abs() < 1e-6);
    }

    #[test]
    fn weight_counts_as_repeated_rows() {
        let weighted = rows(&[0.0, 1.0, 1.0], &[false, true, false]);
        let weighted = weighted.with_weights(vec![2.0, 3.0, 1.0]);
        let repeated =
            rows(&[0.0, 0.0, 1.0, 1.0, 1.0, 1.0], &[false, false, true, true, true, false]);
        let [a, b] = [weighted, repeated].map(|rows| Logistic::fit_per_row(&rows, 0.1).unwrap());
        assert!((a.weights[0] - b.weights[0]).abs() < 1e-9);
        assert!((a.intercept - b.intercept).abs() < 1e-9);
    }

    #[test]
    fn separable_rows_have_finite_weights() {
        let fitted = Logistic::fit(&rows(&[-1.0, 1.0], &[false, true]), 0.1).unwrap();
        assert!(fitted.weights[0] > 0.0 && fitted.weights[0].is_finite());
        assert_eq!(Logistic::fit(&rows(&[-1.0, 1.0], &[true, true]), 0.1), None);
        assert_eq!(Logistic::fit(&rows(&[], &[]), 0.1), None);
    }
}

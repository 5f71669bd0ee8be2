//! The plain head: a logistic regression on products and squared differences of two embeddings.

use crate::kinship::{Head, HeadConfig, KinshipError, LabeledRows, Logistic, Rows};

/// Penalty per pair of the plain regression, on features of mean square about 1.
///
/// It is much stronger than needed within one collection. A head that relies on few directions does
/// not transfer to another collection.
pub const DEFAULT_RIDGE: f64 = 3.0;

impl Head {
    /// Fits the plain regression to pairs: `(n, d)`, `(n, d)` and n labels.
    ///
    /// Both features are symmetric. So both orders of a pair are scored and trained on by
    /// definition.
    ///
    /// # Errors
    /// [`KinshipError::NoPairs`] if all labels are equal.
    /// [`KinshipError::UnevenRows`] if shapes differ.
    pub fn fit_regression(
        a: &Rows,
        b: &Rows,
        labels: &[bool],
        ridge_per_pair: f64,
    ) -> Result<Self, KinshipError> {
        let config = HeadConfig::regression();
        let dimension = a.dimension();
        let found = b.dimension();
        if found != dimension {
            return Err(KinshipError::UnevenRows { expected: dimension, found });
        }
        let rows: Vec<Vec<f64>> = a.iter().zip(b.iter()).map(|(a, b)| features(a, b)).collect();
        let rows = LabeledRows::new(rows.iter().map(Vec::as_slice), labels);
        let no_pairs = KinshipError::NoPairs { what: "the plain regression" };
        let Logistic { weights, intercept } =
            Logistic::fit_per_row(&rows, ridge_per_pair).ok_or(no_pairs)?;
        Self::from_linear_layer(config, dimension, &weights, intercept)
    }
}

/// Returns the products and the squared differences of two embeddings, of mean square about 1.
fn features(a: &[f32], b: &[f32]) -> Vec<f64> {
    let scale = (a.len() as f64).sqrt();
    let mut features = Vec::with_capacity(2 * a.len());
    for (&a, &b) in a.iter().zip(b) {
        features.push(scale * scale * f64::from(a) * f64::from(b));
    }
    for (&a, &b) in a.iter().zip(b) {
        features.push((scale * (f64::from(a) - f64::from(b))).powi(2));
    }
    features
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs of unit vectors: kin share the sign of their first value.
    fn pairs() -> (Rows, Rows, Vec<bool>) {
        let unit = |seed: usize, sign: f32| {
            let mut values: Vec<f32> =
                (0..6).map(|i| (((seed * 37 + i * 101) % 97) as f32 / 48.0) - 1.0).collect();
            values[0] = sign * (1.0 + values[0].abs());
            let norm = values.iter().map(|value| value * value).sum::<f32>().sqrt();
            values.into_iter().map(|value| value / norm).collect::<Vec<f32>>()
        };
        let is_kin = |i: usize| i.is_multiple_of(2);
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for i in 0..200 {
            first.push(unit(i, 1.0));
            second.push(unit(i + 1000, if is_kin(i) { 1.0 } else { -1.0 }));
        }
        let rows = |values: &[Vec<f32>]| Rows::new(values.iter().map(Vec::as_slice)).unwrap();
        (rows(&first), rows(&second), (0..200).map(is_kin).collect())
    }

    #[test]
    fn regression_separates_planted_kin_and_ignores_order() {
        let (a, b, labels) = pairs();
        let head = Head::fit_regression(&a, &b, &labels, 1e-3).unwrap();
        let scores = head.scores(&a, &b).unwrap();
        assert!(scores.iter().zip(&labels).all(|(score, &is_kin)| (*score > 0.0) == is_kin));
        assert_eq!(scores, head.scores(&b, &a).unwrap());
    }

    #[test]
    fn one_kind_of_pair_is_an_error() {
        let (a, b, labels) = pairs();
        assert!(Head::fit_regression(&a, &b, &vec![true; labels.len()], 1.0).is_err());
    }
}

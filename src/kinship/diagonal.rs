//! Ensembles with a score that is one weighted product of two embeddings.

use super::{Calibration, Fusion, Head, HeadConfig, KinshipError, Rows, Space};
use crate::linalg::matrix::{Matrix, MatrixMut};

/// A score of the form `Σ p a b + f(a) + f(b) + c` with `f(x) = Σ q x²`.
///
/// The sums run over the values of two unit embeddings. The cosine and the plain regression have
/// this form. Every weighted sum of them has it, too. A search scores a probe against thousands of
/// faces by one matrix product.
#[derive(Clone, Debug)]
pub(super) struct DiagonalForm {
    /// p, `(d)`.
    product: Vec<f32>,
    /// q, `(d)`.
    square: Vec<f32>,
    /// c.
    constant: f32,
}

impl DiagonalForm {
    /// Creates the form that is 0 for all embeddings of `dimension` values.
    pub(super) fn zero(dimension: usize) -> Self {
        Self { product: vec![0.0; dimension], square: vec![0.0; dimension], constant: 0.0 }
    }

    /// Adds `weight` times the calibrated log odds of a head.
    ///
    /// Returns `false` and adds nothing if the head does not have this form.
    ///
    /// # Errors
    /// [`KinshipError::Compute`] if a tensor cannot be read.
    pub(super) fn add(
        &mut self,
        head: &Head,
        calibration: Calibration,
        weight: f64,
    ) -> Result<bool, KinshipError> {
        let config = head.config();
        if !is_diagonal(config) {
            return Ok(false);
        }
        let layer = tensor_values(head, "dense.0.weight")?;
        let bias = tensor_values(head, "dense.0.bias")?;
        let scale = (weight * calibration.slope) as f32;
        let mut layer = layer.as_slice();
        for &fusion in &config.fusions {
            let (weights, rest) = layer.split_at(fusion.width(self.product.len()));
            layer = rest;
            self.add_fusion(fusion, weights, scale);
        }
        self.constant += scale * bias[0] + (weight * calibration.intercept) as f32;
        Ok(true)
    }

    /// Adds `scale` times the weighted features of one fusion.
    fn add_fusion(&mut self, fusion: Fusion, weights: &[f32], scale: f32) {
        let dimension = self.product.len();
        // In a head's space, unit embeddings have the length √d.
        let squared_length = dimension as f32;
        for i in 0..dimension {
            let weight = scale * weights[if fusion == Fusion::Cosine { 0 } else { i }];
            match fusion {
                Fusion::Cosine => self.product[i] += weight,
                Fusion::Product => self.product[i] += squared_length * weight,
                Fusion::SumOfSquares => self.square[i] += squared_length * weight,
                _ => {
                    self.square[i] += squared_length * weight;
                    self.product[i] -= 2.0 * squared_length * weight;
                }
            }
        }
    }

    /// Adds the scores of every row of `a` with every row of `b` to `scores`.
    ///
    /// **Shape**: `(n, d)` and `(m, d)` → `(n, m)`.
    pub(super) fn add_scores(&self, a: &Rows, b: &Rows, scores: &mut [f32]) {
        let weighted: Vec<f32> = a
            .iter()
            .flat_map(|row| row.iter().zip(&self.product).map(|(value, weight)| value * weight))
            .collect();
        let weighted = Matrix::new(&weighted, a.count(), a.dimension());
        let sums = MatrixMut::new(scores, b.count());
        weighted.multiply_add(b.matrix().transposed(), sums);
        let columns: Vec<f32> = b.iter().map(|row| self.face_term(row)).collect();
        for (row, scores) in a.iter().zip(scores.chunks_exact_mut(b.count())) {
            let row = self.face_term(row) + self.constant;
            scores.iter_mut().zip(&columns).for_each(|(score, column)| *score += row + column);
        }
    }

    /// Returns f(x).
    fn face_term(&self, embedding: &[f32]) -> f32 {
        embedding.iter().zip(&self.square).map(|(value, weight)| value * value * weight).sum()
    }
}

/// Returns whether the score of such a head has the form.
fn is_diagonal(config: &HeadConfig) -> bool {
    use Fusion::{Cosine, Product, SquaredDifference, SumOfSquares};
    config.space == Space::Backbone
        && config.mix.is_none()
        && config.hidden.is_empty()
        && config
            .fusions
            .iter()
            .all(|fusion| matches!(fusion, Cosine | Product | SquaredDifference | SumOfSquares))
}

fn tensor_values(head: &Head, name: &str) -> Result<Vec<f32>, KinshipError> {
    Ok(head.tensors()[name].flatten_all()?.to_vec1()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::{KinRows, KinSpace, Recipe};

    fn unit_rows(seed: usize, count: usize) -> Rows {
        let row = |i: usize| {
            let value = |j: usize| (((i * 41 + j * 17 + seed * 29) % 89) as f32 / 44.0) - 1.0;
            let values: Vec<f32> = (0..5).map(value).collect();
            let norm = values.iter().map(|value| value * value).sum::<f32>().sqrt();
            values.into_iter().map(|value| value / norm).collect::<Vec<f32>>()
        };
        let rows: Vec<Vec<f32>> = (0..count).map(row).collect();
        Rows::new(rows.iter().map(Vec::as_slice)).unwrap()
    }

    #[test]
    fn form_gives_the_heads_own_scores() {
        let (a, b) = (unit_rows(1, 40), unit_rows(2, 40));
        let labels: Vec<bool> = (0..40).map(|i| i % 3 == 0).collect();
        let regression = Head::fit_regression(&a, &b, &labels, 0.1).unwrap();
        let kin = KinRows { first: a.clone(), second: a.clone(), weights: vec![1.0; 40] };
        let space = &KinSpace::fit(&kin, &[0.5]).unwrap()[0];
        let cosine = Recipe::named(Recipe::COSINE).unwrap().head(space, 1).unwrap();
        let mut form = DiagonalForm::zero(5);
        let calibrations =
            [(1.5, 0.25), (4.0, -0.5)].map(|(slope, intercept)| Calibration { slope, intercept });
        for (head, calibration) in [&regression, &cosine].into_iter().zip(calibrations) {
            assert!(form.add(head, calibration, 0.5).unwrap());
        }
        let (x, y) = (unit_rows(3, 4), unit_rows(4, 7));
        let mut scores = vec![0.0; 28];
        form.add_scores(&x, &y, &mut scores);
        for (i, row) in scores.chunks(7).enumerate() {
            let probe = x.select([i]).unwrap();
            let scores = [&regression, &cosine].map(|head| head.scores(&probe, &y).unwrap());
            for (j, score) in row.iter().enumerate() {
                let [r, c] = [scores[0][j], scores[1][j]];
                let expected =
                    0.5 * calibrations[0].log_odds(r) + 0.5 * calibrations[1].log_odds(c);
                assert!((f64::from(*score) - expected).abs() < 1e-4, "{score} {expected}");
            }
        }
    }

    #[test]
    fn heads_in_a_learned_space_are_refused() {
        let rows = unit_rows(1, 40);
        let kin = KinRows { first: rows.clone(), second: rows, weights: vec![1.0; 40] };
        let space = &KinSpace::fit(&kin, &[0.5]).unwrap()[0];
        let calibration = Calibration { slope: 1.0, intercept: 0.0 };
        for name in ["vggface-1", "likelihood", "contrastive"] {
            let head = Recipe::named(name).unwrap().head(space, 1).unwrap();
            assert!(!DiagonalForm::zero(5).add(&head, calibration, 1.0).unwrap(), "{name}");
        }
    }
}

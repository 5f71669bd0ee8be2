//! Similarity of a face to the training faces of a model.

use faer::{Mat, Par, Side};
use serde::{Deserialize, Serialize};

use super::{KinshipError, Rows};
use crate::linalg::matrix::{Matrix, MatrixMut};

/// Squared Mahalanobis distance of embeddings from those of training faces, per value.
///
/// A drawn face, a painting or a crop without a face is embedded like any other. Its embedding lies
/// in directions that hardly any training face has. Scores of such faces have no meaning.
#[derive(Clone, Debug)]
pub struct Typicality {
    config: TypicalityConfig,
    /// Mean of the training faces, `(d)`.
    mean: Vec<f32>,
    /// The whitening matrix, `(d, d)`, row-major.
    whitening: Vec<f32>,
}

/// Bounds of the distance from the training faces.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypicalityConfig {
    /// Maximum distance at which evidence counts in full.
    pub inner: f64,
    /// Minimum distance at which evidence does not count.
    pub outer: f64,
}

/// Share of the mean variance that is added to every direction.
///
/// Directions without variance therefore do not decide.
const RIDGE: f64 = 0.05;
/// Share of the training faces within [`TypicalityConfig::inner`].
const INNER_SHARE: f64 = 0.999;
/// [`TypicalityConfig::outer`] as a multiple of the inner distance.
const OUTER_FACTOR: f64 = 1.2;

impl Typicality {
    /// Fits the distribution of training faces, `(n, d)`.
    ///
    /// # Errors
    /// [`KinshipError::NoPairs`] if the faces do not differ.
    pub fn fit(faces: &Rows) -> Result<Self, KinshipError> {
        faer::set_global_parallelism(Par::Seq);
        let dimension = faces.dimension();
        let count = faces.count() as f64;
        let mut mean = vec![0.0_f64; dimension];
        for row in faces.iter() {
            mean.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value) / count);
        }
        let centered =
            Mat::from_fn(faces.count(), dimension, |i, j| f64::from(faces.row(i)[j]) - mean[j]);
        let covariance = faer::Scale(1.0 / count) * (centered.transpose() * &centered);
        let eigen = covariance.self_adjoint_eigen(Side::Lower).map_err(|_| no_distribution())?;
        let variances: Vec<f64> = eigen.S().column_vector().iter().copied().collect();
        let ridge = RIDGE * variances.iter().sum::<f64>() / dimension as f64;
        // Faces that are equal except for rounding have no directions.
        if !ridge.is_finite() || ridge < f64::from(f32::EPSILON).powi(2) {
            return Err(no_distribution());
        }
        let directions = eigen.U();
        let whitening = (0..dimension).flat_map(|i| {
            let scale = (variances[i].max(0.0) + ridge).sqrt().recip();
            (0..dimension).map(move |j| (directions[(j, i)] * scale) as f32)
        });
        let mut fitted = Self {
            config: TypicalityConfig { inner: 0.0, outer: 0.0 },
            whitening: whitening.collect(),
            mean: mean.into_iter().map(|value| value as f32).collect(),
        };
        let mut distances = fitted.distances(faces);
        distances.sort_unstable_by(f64::total_cmp);
        let inner = distances[((distances.len() - 1) as f64 * INNER_SHARE) as usize];
        fitted.config = TypicalityConfig { inner, outer: OUTER_FACTOR * inner };
        Ok(fitted)
    }

    /// Creates a fitted distribution from its mean, `(d)`, and whitening matrix, `(d, d)`.
    ///
    /// # Errors
    /// [`KinshipError::UnevenRows`] if the shapes differ.
    pub fn new(
        config: TypicalityConfig,
        mean: Vec<f32>,
        whitening: Vec<f32>,
    ) -> Result<Self, KinshipError> {
        let expected = mean.len() * mean.len();
        if whitening.len() != expected {
            return Err(KinshipError::UnevenRows { expected, found: whitening.len() });
        }
        Ok(Self { config, mean, whitening })
    }

    /// Returns the bounds.
    pub fn config(&self) -> TypicalityConfig {
        self.config
    }

    /// Returns the mean, `(d)`.
    pub fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// Returns the whitening matrix, `(d, d)`.
    pub fn whitening(&self) -> &[f32] {
        &self.whitening
    }

    /// Returns squared distances of faces, `(n, d)`, divided by d: `(n)`.
    ///
    /// Training faces have about 0.7.
    pub fn distances(&self, faces: &Rows) -> Vec<f64> {
        let dimension = self.mean.len();
        let centered: Vec<f32> = faces
            .iter()
            .flat_map(|row| row.iter().zip(&self.mean).map(|(value, mean)| value - mean))
            .collect();
        let mut whitened = vec![0.0_f32; centered.len()];
        let whitening = Matrix::new(&self.whitening, dimension, dimension);
        Matrix::new(&centered, faces.count(), dimension)
            .multiply_into(whitening.transposed(), MatrixMut::new(&mut whitened, dimension));
        let mut distances = Vec::with_capacity(faces.count());
        for row in whitened.chunks_exact(dimension) {
            let square = row.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>();
            distances.push(square / dimension as f64);
        }
        distances
    }

    /// Returns the weight of the evidence of a face at `distance`, 0 to 1.
    pub fn weight(&self, distance: f64) -> f64 {
        let TypicalityConfig { inner, outer } = self.config;
        ((outer - distance) / (outer - inner).max(1e-12)).clamp(0.0, 1.0)
    }
}

fn no_distribution() -> KinshipError {
    KinshipError::NoPairs { what: "the distribution of training faces" }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Faces that vary in their first two values only.
    fn faces() -> Rows {
        let value = |i: usize, j: usize| match j {
            0 => (i * 37 % 101) as f32 / 50.0 - 1.0,
            1 => (i * 53 % 97) as f32 / 48.0 - 1.0,
            _ => 0.01 * ((i * 29 % 89) as f32 / 44.0 - 1.0),
        };
        let values = (0..2000).flat_map(|i| (0..4).map(move |j| value(i, j))).collect();
        Rows::from_values(values, 4).unwrap()
    }

    #[test]
    fn training_faces_count_and_faces_elsewhere_do_not() {
        let fitted = Typicality::fit(&faces()).unwrap();
        let weights: Vec<f64> =
            fitted.distances(&faces()).into_iter().map(|d| fitted.weight(d)).collect();
        assert!(weights.iter().filter(|&&weight| weight == 1.0).count() >= 1998);
        let elsewhere = Rows::from_values(vec![0.0, 0.0, 1.0, 0.0], 4).unwrap();
        assert_eq!(fitted.weight(fitted.distances(&elsewhere)[0]), 0.0);
    }

    #[test]
    fn equal_faces_have_no_distribution() {
        assert!(Typicality::fit(&Rows::from_values(vec![1.0; 40], 4).unwrap()).is_err());
    }
}

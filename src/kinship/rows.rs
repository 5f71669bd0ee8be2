//! Embeddings as the rows of a matrix.

use candle_core::{Device, Tensor};

use super::KinshipError;
use crate::linalg::matrix::Matrix;

/// Embeddings of n faces by one backbone, `(n, d)`, row after row.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    values: Vec<f32>,
    width: usize,
}

impl Rows {
    /// Stacks embeddings of one width d, `(d)` each.
    ///
    /// # Errors
    /// [`KinshipError::UnevenRows`] if two widths differ, or there is no embedding.
    pub fn new<'a>(embeddings: impl IntoIterator<Item = &'a [f32]>) -> Result<Self, KinshipError> {
        let mut rows = Self { values: Vec::new(), width: 0 };
        for embedding in embeddings {
            if rows.values.is_empty() {
                rows.width = embedding.len();
            }
            if embedding.len() != rows.width || embedding.is_empty() {
                let expected = rows.width;
                let found = embedding.len();
                return Err(KinshipError::UnevenRows { expected, found });
            }
            rows.values.extend_from_slice(embedding);
        }
        if rows.values.is_empty() {
            return Err(KinshipError::UnevenRows { expected: 1, found: 0 });
        }
        Ok(rows)
    }

    /// Splits `values` into rows of `width`.
    ///
    /// # Errors
    /// [`KinshipError::UnevenRows`] if `values` is empty or no multiple of `width`.
    pub fn from_values(values: Vec<f32>, width: usize) -> Result<Self, KinshipError> {
        if width == 0 || values.is_empty() || !values.len().is_multiple_of(width) {
            return Err(KinshipError::UnevenRows { expected: width, found: values.len() });
        }
        Ok(Self { values, width })
    }

    /// Returns the width of an embedding, d.
    pub fn dimension(&self) -> usize {
        self.width
    }

    /// Returns the number of embeddings, n.
    pub fn count(&self) -> usize {
        self.values.len() / self.width
    }

    /// Returns the embeddings, `(d)` each.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[f32]> + Clone {
        self.values.chunks_exact(self.width)
    }

    /// Returns the embedding at row `i`, `(d)`.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, i: usize) -> &[f32] {
        &self.values[i * self.width..(i + 1) * self.width]
    }

    /// Returns the rows at `indices`, in this order.
    ///
    /// # Errors
    /// [`KinshipError::UnevenRows`] if `indices` is empty.
    ///
    /// # Panics
    /// If an index is out of range.
    pub fn select(&self, indices: impl IntoIterator<Item = usize>) -> Result<Self, KinshipError> {
        Self::new(indices.into_iter().map(|i| self.row(i)))
    }

    /// Returns the values scaled by √d, row after row.
    ///
    /// A value of a unit embedding then has a variance of about 1.
    pub fn features(&self) -> Vec<f64> {
        let scale = (self.width as f64).sqrt();
        self.values.iter().map(|&value| scale * f64::from(value)).collect()
    }

    /// Returns the cosines with the rows of `other`, pair by pair, `(n)`.
    ///
    /// # Errors
    /// [`KinshipError::UnevenRows`] if counts or widths differ.
    pub fn cosines(&self, other: &Self) -> Result<Vec<f64>, KinshipError> {
        if (self.count(), self.width) != (other.count(), other.width) {
            let expected = self.values.len();
            let found = other.values.len();
            return Err(KinshipError::UnevenRows { expected, found });
        }
        Ok(self.iter().zip(other.iter()).map(|(a, b)| cosine(a, b)).collect())
    }

    /// Returns the rows as a matrix, `(n, d)`.
    pub(super) fn matrix(&self) -> Matrix<'_> {
        Matrix::new(&self.values, self.count(), self.width)
    }

    /// Copies the rows to a tensor, `(n, d)`.
    pub(crate) fn tensor(&self) -> Result<Tensor, KinshipError> {
        let shape = (self.count(), self.width);
        Ok(Tensor::from_slice(&self.values, shape, &Device::Cpu)?)
    }

    /// Copies chunk `i` of `chunks` of about equal size to a tensor.
    pub(super) fn chunk_tensor(&self, i: usize, chunks: usize) -> Result<Tensor, KinshipError> {
        let [start, end] = [i, i + 1].map(|i| i * self.count() / chunks);
        let values = &self.values[start * self.width..end * self.width];
        Ok(Tensor::from_slice(values, (end - start, self.width), &Device::Cpu)?)
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    dot(a, b) / ((dot(a, a) * dot(b, b)).sqrt() + 1e-12)
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// Returns the mean of embeddings of one width, scaled to unit length: `(d)`.
pub fn unit_mean<'a>(rows: impl Iterator<Item = &'a [f32]>) -> Vec<f32> {
    let mut mean: Vec<f32> = Vec::new();
    for row in rows {
        mean.resize(row.len(), 0.0);
        mean.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    let length = mean.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-12);
    mean.iter_mut().for_each(|value| *value /= length);
    mean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uneven_rows_are_refused() {
        assert!(Rows::new([[1.0, 2.0].as_slice(), &[3.0]]).is_err());
        assert!(Rows::new([]).is_err());
        assert!(Rows::from_values(vec![1.0; 5], 2).is_err());
        assert!(Rows::from_values(vec![1.0; 5], 0).is_err());
    }

    #[test]
    fn cosine_ignores_length() {
        let a = Rows::new([[3.0, 4.0].as_slice(), &[1.0, 0.0]]).unwrap();
        let b = Rows::new([[6.0, 8.0].as_slice(), &[0.0, 2.0]]).unwrap();
        let cosines = a.cosines(&b).unwrap();
        assert!((cosines[0] - 1.0).abs() < 1e-9 && cosines[1].abs() < 1e-9, "{cosines:?}");
        assert!(a.cosines(&a.select([0]).unwrap()).is_err());
    }
}

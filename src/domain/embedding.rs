//! Face embeddings: points on the unit sphere.

/// A face embedding: `d` finite f32 values of unit L2 norm. The cosine of two is their dot product.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding(Vec<f32>);

/// Reason why a vector is not an embedding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmbeddingError {
    /// A value is NaN or infinite, usually because of the weights or the input.
    #[error("the model gave a value that is not finite; check its weights")]
    NotFinite,
    /// The vector is zero.
    #[error("the model gave an embedding of length zero; check its weights")]
    Zero,
    /// The stored vector should be normalized, but is not.
    #[error("an embedding does not have unit length")]
    NotUnit,
}

impl Embedding {
    /// Scales a backbone's raw output to unit length.
    ///
    /// # Errors
    /// - [`EmbeddingError::NotFinite`] if a value is not finite.
    /// - [`EmbeddingError::Zero`] if all values are zero.
    pub fn normalize(mut values: Vec<f32>) -> Result<Self, EmbeddingError> {
        let norm = squared_norm(&values).sqrt();
        if !norm.is_finite() {
            return Err(EmbeddingError::NotFinite);
        }
        if norm == 0.0 {
            return Err(EmbeddingError::Zero);
        }
        values.iter_mut().for_each(|value| *value = (f64::from(*value) / norm) as f32);
        Ok(Self(values))
    }

    /// Wraps a vector that was normalized before it was stored.
    ///
    /// # Errors
    /// - [`EmbeddingError::NotFinite`] if a value is not finite.
    /// - [`EmbeddingError::NotUnit`] if the squared norm differs from 1 by more than 1e-3.
    pub fn from_unit(values: Vec<f32>) -> Result<Self, EmbeddingError> {
        let norm = squared_norm(&values);
        if !norm.is_finite() {
            return Err(EmbeddingError::NotFinite);
        }
        if (norm - 1.0).abs() > 1e-3 {
            return Err(EmbeddingError::NotUnit);
        }
        Ok(Self(values))
    }

    /// The values, `(d)`.
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// The number of values, d.
    pub fn dimension(&self) -> usize {
        self.0.len()
    }
}

/// Sums in f64: 4096 squares of f32 activations can exceed f32's range.
fn squared_norm(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value) * f64::from(value)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalizing_preserves_the_direction_even_of_huge_values() {
        let embedding = Embedding::normalize(vec![3e30, 4e30]).unwrap();
        let [x, y] = *embedding.as_slice() else { panic!("two values") };
        assert!((x - 0.6).abs() < 1e-6 && (y - 0.8).abs() < 1e-6, "{x} {y}");
    }

    #[test]
    fn a_vector_without_direction_is_no_embedding() {
        assert_eq!(Embedding::normalize(vec![0.0; 4]), Err(EmbeddingError::Zero));
        assert_eq!(Embedding::normalize(vec![]), Err(EmbeddingError::Zero));
        assert_eq!(Embedding::normalize(vec![f32::NAN, 1.0]), Err(EmbeddingError::NotFinite));
        assert_eq!(Embedding::from_unit(vec![f32::INFINITY]), Err(EmbeddingError::NotFinite));
        assert_eq!(Embedding::from_unit(vec![0.5]), Err(EmbeddingError::NotUnit));
    }
}

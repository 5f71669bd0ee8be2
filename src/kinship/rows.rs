//! Embeddings as the rows of a matrix.

use candle_core::{Device, Tensor};

use super::KinshipError;

/// Embeddings of n photos by one backbone, `(n, d)`.
#[derive(Clone, Debug)]
pub struct Rows(pub(super) Tensor);

impl Rows {
    /// Embeddings in their order, `(d)` each; there is at least one.
    ///
    /// # Errors
    /// When they have different widths, or there is none.
    pub fn new<'a>(embeddings: impl IntoIterator<Item = &'a [f32]>) -> Result<Self, KinshipError> {
        let (mut values, mut count) = (Vec::new(), 0);
        for embedding in embeddings {
            values.extend_from_slice(embedding);
            count += 1;
        }
        let width = values.len() / count.max(1);
        Ok(Self(Tensor::from_vec(values, (count, width), &Device::Cpu)?))
    }

    /// The width of an embedding, d.
    pub fn dimension(&self) -> usize {
        self.0.dims()[1]
    }

    /// How many there are, n.
    pub(super) fn len(&self) -> usize {
        self.0.dims()[0]
    }

    /// One of so many parts of about as many rows.
    pub(super) fn part(&self, at: usize, parts: usize) -> Result<Self, KinshipError> {
        let [start, end] = [at, at + 1].map(|at| at * self.len() / parts);
        Ok(Self(self.0.narrow(0, start, end - start)?))
    }

    /// The rows at these places, in this order.
    ///
    /// # Errors
    /// When there is no such row.
    pub fn select(&self, places: impl IntoIterator<Item = usize>) -> Result<Self, KinshipError> {
        let places: Vec<u32> = places.into_iter().map(|place| place as u32).collect();
        Ok(Self(self.0.index_select(&Tensor::new(places, &Device::Cpu)?, 0)?))
    }

    /// Their cosines with the rows of `other`, one by one.
    ///
    /// # Errors
    /// When there are not as many, or they are of another width.
    pub fn cosines(&self, other: &Self) -> Result<Vec<f64>, KinshipError> {
        let cosines = super::Fusion::Cosine.apply(&self.0, &other.0)?.squeeze(1)?;
        Ok(cosines.to_vec1::<f32>()?.into_iter().map(f64::from).collect())
    }
}

//! Results of a nearest-neighbor query.

use std::fmt;
use std::sync::Arc;

use super::photo::StoredPhoto;
use super::query::Method;

/// The result of a nearest-neighbor query.
#[derive(Debug)]
pub struct Nearest {
    /// Nearest first. Ties are in the order of the photos.
    pub neighbors: Vec<Neighbor>,
    /// Search method.
    pub method: Method,
}

/// A stored photo near a probe.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbor {
    /// The photo.
    pub photo: Arc<StoredPhoto>,
    /// Cosine of its embedding and the probe's, -1 to 1.
    pub cosine: f32,
    /// Its embeddings.
    pub embeddings: NeighborEmbeddings,
}

/// The embeddings of a stored photo, one per backbone, at the precision in memory.
///
/// A clone shares the values.
#[derive(Clone, PartialEq)]
pub struct NeighborEmbeddings(Arc<[Vec<f32>]>);

impl NeighborEmbeddings {
    /// Creates the embeddings from the values of each backbone, in the bundle's order.
    pub fn new(values: impl Iterator<Item = Vec<f32>>) -> Self {
        Self(values.collect())
    }

    /// The embedding by the bundle's backbone at index `backbone`, `(dimension)`.
    pub fn values(&self, backbone: usize) -> &[f32] {
        &self.0[backbone]
    }
}

impl fmt::Debug for NeighborEmbeddings {
    /// Hides the values: they are a person's face.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NeighborEmbeddings(..)")
    }
}

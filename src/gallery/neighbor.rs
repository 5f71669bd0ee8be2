//! Results of a nearest-neighbor query.

use std::borrow::Cow;
use std::fmt;

use super::embedded::segment::Segment;
use super::photo::StoredPhoto;
use super::query::Method;

/// The result of a nearest-neighbor query.
#[derive(Debug)]
pub struct Nearest<'a> {
    /// Nearest first. Ties are in the order of the photos.
    pub neighbors: Vec<Neighbor<'a>>,
    /// Search method.
    pub method: Method,
}

/// A stored photo near a probe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbor<'a> {
    /// The photo.
    pub photo: &'a StoredPhoto,
    /// Cosine of its embedding and the probe's, -1 to 1.
    pub cosine: f32,
    /// Its embeddings, one per backbone.
    pub embeddings: Embeddings<'a>,
}

/// The embeddings of a stored photo.
#[derive(Clone, Copy)]
pub struct Embeddings<'a> {
    pub(in crate::gallery) segment: &'a Segment,
    pub(in crate::gallery) row: u32,
}

impl<'a> Embeddings<'a> {
    /// The embedding by the bundle's backbone at index `backbone`, at the precision in memory.
    pub fn values(self, backbone: usize) -> Cow<'a, [f32]> {
        self.segment.vectors[backbone].row(self.row)
    }
}

impl PartialEq for Embeddings<'_> {
    fn eq(&self, other: &Self) -> bool {
        let backbones = self.segment.vectors.len();
        backbones == other.segment.vectors.len()
            && (0..backbones).all(|i| self.values(i) == other.values(i))
    }
}

impl fmt::Debug for Embeddings<'_> {
    /// Hides the values: they are a person's face.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Embeddings(..)")
    }
}

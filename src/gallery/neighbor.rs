//! Queries and results of a gallery search.

use std::borrow::Cow;
use std::fmt;

use super::embedded::segment::Part;
use super::filter::Filter;
use crate::domain::{ContentHash, PhotoId};

/// A stored photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPhoto {
    /// Identity of the photo.
    pub id: PhotoId,
    /// SHA-256 of the file it was added from.
    pub content_hash: ContentHash,
}

/// Parameters of a nearest-neighbor query.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// Number of requested neighbors.
    pub count: usize,
    /// Search width in a graph, at least `count` (the ef of Malkov and Yashunin 2016).
    ///
    /// A larger width finds more neighbors, and takes longer. By default it follows from `count`.
    pub ef: Option<usize>,
    /// Compares every photo, without the search graphs.
    pub exact: bool,
    /// The photos to consider.
    pub filter: Filter,
}

impl Lookup {
    /// Requests the `count` nearest of all photos.
    pub fn nearest(count: usize) -> Self {
        Self { count, ef: None, exact: false, filter: Filter::default() }
    }
}

/// How neighbors were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The probe was compared with every photo that passes the filter.
    Exact,
    /// A search graph was used. It may rarely miss a neighbor.
    Graph,
}

/// The result of a nearest-neighbor query.
#[derive(Debug)]
pub struct Nearest<'a> {
    /// Nearest first. Ties are in the order of the photos.
    pub neighbors: Vec<Neighbor<'a>>,
    /// How they were found.
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

impl Neighbor<'_> {
    /// The ordinal of the photo. No other photo of the gallery ever has it.
    pub fn ordinal(&self) -> u64 {
        self.embeddings.part.ordinals[self.embeddings.row as usize]
    }
}

/// The embeddings of a stored photo.
#[derive(Clone, Copy)]
pub struct Embeddings<'a> {
    pub(in crate::gallery) part: &'a Part,
    pub(in crate::gallery) row: u32,
}

impl<'a> Embeddings<'a> {
    /// The embedding by the bundle's backbone at index `backbone`, at the precision in memory.
    pub fn values(self, backbone: usize) -> Cow<'a, [f32]> {
        self.part.vectors[backbone].row(self.row)
    }
}

impl PartialEq for Embeddings<'_> {
    fn eq(&self, other: &Self) -> bool {
        let backbones = self.part.vectors.len();
        backbones == other.part.vectors.len()
            && (0..backbones).all(|at| self.values(at) == other.values(at))
    }
}

impl fmt::Debug for Embeddings<'_> {
    /// Hides the values: they are a person's face.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Embeddings(..)")
    }
}

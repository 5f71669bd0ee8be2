//! What a search in a gallery is asked and answers.

use std::borrow::Cow;
use std::fmt;

use super::filter::Filter;
use super::part::Part;
use crate::domain::{ContentHash, PhotoId};

/// An enrolled photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPhoto {
    /// Whose photo.
    pub id: PhotoId,
    /// SHA-256 of the file it was enrolled from.
    pub content_hash: ContentHash,
}

/// How nearest photos are looked for.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// How many are wanted.
    pub count: usize,
    /// How many nodes of a search graph are kept in view, at least `count` (the ef of Malkov and Yashunin 2016): more find
    /// more, and take longer. Where there is none it follows from `count`.
    pub ef: Option<usize>,
    /// Compare every photo, and leave the search graphs aside.
    pub exact: bool,
    /// Which photos count.
    pub filter: Filter,
}

impl Lookup {
    /// Looks for the `count` nearest of all photos.
    pub fn nearest(count: usize) -> Self {
        Self { count, ef: None, exact: false, filter: Filter::default() }
    }
}

/// How neighbours were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The probe was compared with every photo that counts.
    Exact,
    /// A search graph led to them; a neighbour may rarely be missed.
    Graph,
}

/// The answer to a nearest-neighbour query.
#[derive(Debug)]
pub struct Nearest<'a> {
    /// Nearest first; ties in the order of the photos.
    pub neighbours: Vec<Neighbour<'a>>,
    /// How they were found.
    pub method: Method,
}

/// An enrolled photo near a probe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour<'a> {
    /// The photo.
    pub photo: &'a StoredPhoto,
    /// Cosine of its embedding and the probe's, -1 to 1.
    pub cosine: f32,
    /// Its embeddings, one per backbone.
    pub embeddings: Embeddings<'a>,
}

impl Neighbour<'_> {
    /// The number of the photo, which no other photo of the gallery ever has.
    pub fn ordinal(&self) -> u64 {
        self.embeddings.part.ordinals[self.embeddings.row as usize]
    }
}

/// The embeddings of an enrolled photo.
#[derive(Clone, Copy)]
pub struct Embeddings<'a> {
    pub(super) part: &'a Part,
    pub(super) row: u32,
}

impl<'a> Embeddings<'a> {
    /// The values of the one by the backbone at place `backbone` of the bundle, as precisely as they are in memory.
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

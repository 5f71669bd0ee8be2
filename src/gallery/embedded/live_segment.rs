//! A segment with its deleted rows.

use std::sync::Arc;

use super::row_set::RowSet;
use super::scored::ScoredNode;
use super::segment::Segment;
use crate::domain::{EntityId, PhotoId};
use crate::gallery::neighbor::{Neighbor, NeighborEmbeddings};
use crate::gallery::photo::StoredPhoto;

/// A segment, and its deleted rows.
#[derive(Clone)]
pub(in crate::gallery) struct LiveSegment {
    pub(in crate::gallery) segment: Arc<Segment>,
    pub(in crate::gallery) deleted: Arc<RowSet>,
}

impl LiveSegment {
    pub(in crate::gallery) fn new(segment: Segment) -> Self {
        let deleted = Arc::new(RowSet::new(segment.photos.len()));
        Self { segment: Arc::new(segment), deleted }
    }

    /// The rows that are not deleted.
    pub(in crate::gallery) fn rows(&self) -> impl Iterator<Item = u32> + '_ {
        self.retain(0..self.segment.rows())
    }

    /// Returns those of `rows` that are not deleted.
    pub(in crate::gallery) fn retain(
        &self,
        rows: impl Iterator<Item = u32>,
    ) -> impl Iterator<Item = u32> {
        rows.filter(|&row| !self.deleted.contains(row))
    }

    /// The rows of the photos of a family or a person, or of one photo.
    pub(in crate::gallery) fn rows_of(&self, entity: &EntityId) -> impl Iterator<Item = u32> {
        self.retain(self.segment.rows_of(entity).iter().copied())
    }

    /// The photos that are not deleted.
    pub(in crate::gallery) fn photos(&self) -> impl Iterator<Item = &Arc<StoredPhoto>> {
        self.rows().map(|row| self.segment.photo(row))
    }

    pub(in crate::gallery) fn photo_count(&self) -> usize {
        self.segment.photos.len() - self.deleted.count()
    }

    /// Number of deleted rows, including those that were left out at loading.
    pub(in crate::gallery) fn deleted_count(&self) -> usize {
        self.deleted.count() + self.segment.graph().map_or(0, |graph| graph.deleted)
    }

    /// Returns the segment without these photos.
    pub(in crate::gallery) fn without<'a>(&self, ids: impl Iterator<Item = &'a PhotoId>) -> Self {
        let mut live = self.clone();
        for row in ids.filter_map(|id| self.segment.row_of(id)) {
            if !live.deleted.contains(row) {
                Arc::make_mut(&mut live.deleted).insert(row);
            }
        }
        live
    }
}

/// A row that a search considers. Its embeddings are not copied.
#[derive(Clone, Copy)]
pub(in crate::gallery) struct Candidate<'a> {
    segment: &'a Segment,
    row: u32,
    /// Cosine to the probe, -1 to 1.
    pub(in crate::gallery) cosine: f32,
}

impl<'a> Candidate<'a> {
    pub(in crate::gallery) fn new(live: &'a LiveSegment, scored: ScoredNode) -> Self {
        let ScoredNode { cosine, node } = scored;
        Self { segment: &live.segment, row: node, cosine: cosine.clamp(-1.0, 1.0) }
    }

    pub(in crate::gallery) fn photo(self) -> &'a Arc<StoredPhoto> {
        self.segment.photo(self.row)
    }

    /// Returns the photo with a copy of its embeddings.
    pub(in crate::gallery) fn neighbor(self) -> Neighbor {
        let vectors = self.segment.vectors.iter();
        Neighbor {
            photo: Arc::clone(self.photo()),
            cosine: self.cosine,
            embeddings: NeighborEmbeddings::new(
                vectors.map(|vectors| vectors.row(self.row).into_owned()),
            ),
        }
    }
}

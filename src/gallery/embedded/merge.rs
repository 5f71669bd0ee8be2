//! Joins photos with all their data, for a new segment or a changed snapshot.

use std::collections::HashMap;
use std::sync::Arc;

use super::live_segment::LiveSegment;
use super::matrix::{VectorMatrix, VectorPrecision};
use super::segment::Segment;
use super::snapshot::{ListedPairs, Snapshot};
use super::vectors::Vectors;
use crate::domain::PhotoId;
use crate::gallery::photo::{NewPhoto, StoredPhoto};

/// Photos with all their data, for a new segment.
pub(in crate::gallery) struct MergedPhotos {
    pub(in crate::gallery) photos: Vec<Arc<StoredPhoto>>,
    pub(in crate::gallery) vectors: Vec<VectorMatrix>,
}

impl MergedPhotos {
    /// Joins the photos of some segments.
    pub(in crate::gallery) fn new(segments: &[LiveSegment], widths: &[usize]) -> Self {
        let rows: usize = segments.iter().map(LiveSegment::photo_count).sum();
        let mut photos = Vec::with_capacity(rows);
        let mut vectors: Vec<VectorMatrix> = widths
            .iter()
            .map(|&width| VectorMatrix { values: Vec::with_capacity(rows * width), width })
            .collect();
        for live in segments {
            for row in live.rows() {
                photos.push(Arc::clone(live.segment.photo(row)));
                for (to, from) in vectors.iter_mut().zip(&live.segment.vectors) {
                    to.values.extend_from_slice(&from.row(row));
                }
            }
        }
        Self { photos, vectors }
    }

    pub(in crate::gallery) fn count(&self) -> usize {
        self.photos.len()
    }

    fn push(&mut self, new: &NewPhoto, ordinal: u64) {
        let NewPhoto { id, photo } = new;
        let content_hash = photo.content_hash;
        self.photos.push(Arc::new(StoredPhoto { id: id.clone(), content_hash, ordinal }));
        for face in &photo.faces {
            for (to, embedding) in self.vectors.iter_mut().zip(&face.embeddings) {
                to.values.extend_from_slice(embedding.as_slice());
            }
        }
    }

    /// Returns the same photos with these rows, in this order.
    pub(in crate::gallery) fn ordered(self, rows: &[u32]) -> Self {
        let photos = rows.iter().map(|row| Arc::clone(&self.photos[*row as usize]));
        let vectors = self.vectors.iter().map(|from| VectorMatrix {
            values: rows.iter().flat_map(|&row| from.row(row)).copied().collect(),
            width: from.width,
        });
        Self { photos: photos.collect(), vectors: vectors.collect() }
    }

    /// Returns a segment without a search graph.
    pub(in crate::gallery) fn into_tail(self, precision: VectorPrecision) -> Segment {
        let vectors = self.vectors.into_iter();
        let vectors = vectors.map(|matrix| Vectors::from_matrix(matrix, precision));
        Segment::new(self.photos, vectors.collect(), None)
    }
}

impl Snapshot {
    /// Returns a snapshot with more photos. They replace those with the same identity.
    pub(in crate::gallery) fn with(&self, new: &[NewPhoto], ordinals: &[u64]) -> Self {
        let mut next = self.without(new.iter().map(|photo| &photo.id));
        let Some(tail) = next.segments.pop() else { return next };
        let widths: Vec<usize> = tail.segment.vectors.iter().map(Vectors::width).collect();
        let mut photos = MergedPhotos::new(&[tail], &widths);
        let last: HashMap<&PhotoId, u64> =
            new.iter().map(|photo| &photo.id).zip(ordinals.iter().copied()).collect();
        for (photo, &ordinal) in new.iter().zip(ordinals) {
            if last[&photo.id] == ordinal {
                photos.push(photo, ordinal);
            }
        }
        next.segments.push(LiveSegment::new(photos.into_tail(self.precision())));
        next
    }

    /// Returns a snapshot without some photos.
    pub(in crate::gallery) fn without<'a>(
        &self,
        ids: impl Iterator<Item = &'a PhotoId> + Clone,
    ) -> Self {
        self.with_segments(self.segments.iter().map(|live| live.without(ids.clone())).collect())
    }

    /// Returns a snapshot with other segments.
    pub(in crate::gallery) fn with_segments(&self, segments: Vec<LiveSegment>) -> Self {
        Self {
            space: self.space.clone(),
            segments,
            listed: Arc::clone(&self.listed),
            stored: self.stored.clone(),
        }
    }

    /// Returns a snapshot with other listed pairs.
    pub(in crate::gallery) fn with_listed(&self, listed: ListedPairs) -> Self {
        Self { listed: listed.into(), ..self.with_segments(self.segments.clone()) }
    }
}

//! Sealing: the tail becomes a segment, and segments are merged.

use std::collections::HashMap;
use std::sync::Arc;

use super::Gallery;
use super::hnsw::build::{Built, build};
use super::load::{Plan, Sealed, failed, files};
use super::matrix::{BackboneSpace, Matrix, Precision, Vectors};
use super::segment::{EXACT_UP_TO, Part};
use super::snapshot::{Kin, LiveSegment, Snapshot};
use super::store::{GraphLayer, NewPhoto, Segment, Stamp};
use super::vector_file::VectorFile;
use crate::domain::{PhotoId, Progress};
use crate::gallery::error::GalleryError;
use crate::gallery::neighbor::StoredPhoto;

/// Maximum size of a merged segment, as a multiple of the number of later photos.
///
/// So segments stay few, and each photo is sealed only a few times.
const GROWTH: usize = 2;

impl Gallery {
    /// Seals the tail, if it is large enough.
    ///
    /// The segments before it that are not much larger are merged into it. Existing snapshots do
    /// not change. Nothing changes if `progress` is cancelled.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails. Then nothing has changed.
    pub fn seal(&self, progress: &dyn Progress) -> Result<(), GalleryError> {
        let _writer = self.writer();
        let snapshot = self.load()?;
        let [segments @ .., tail] = snapshot.parts.as_slice() else { return Ok(()) };
        if tail.live_count() <= EXACT_UP_TO {
            return Ok(());
        }
        let mut first = segments.len();
        let mut photos = tail.live_count();
        while first > 0 && segments[first - 1].live_count() <= GROWTH * photos {
            first -= 1;
            photos += segments[first].live_count();
        }
        self.merge(&snapshot, first, progress)
    }

    /// Merges all photos into one segment, without deleted ones. Few photos become a tail instead.
    ///
    /// Nothing changes if `progress` is cancelled.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails. Then nothing has changed.
    pub fn compact(&self, progress: &dyn Progress) -> Result<(), GalleryError> {
        let _writer = self.writer();
        let snapshot = self.load()?;
        let [segments @ .., tail] = snapshot.parts.as_slice() else { return Ok(()) };
        let is_compact = match segments {
            [] => tail.live_count() <= EXACT_UP_TO,
            [only] => tail.live_count() == 0 && only.removed() == 0,
            _ => false,
        };
        if is_compact { Ok(()) } else { self.merge(&snapshot, 0, progress) }
    }

    /// Merges the parts from index `first` on.
    ///
    /// The result is one segment and an empty tail, or only a tail if there are few photos.
    fn merge(
        &self,
        snapshot: &Snapshot,
        first: usize,
        progress: &dyn Progress,
    ) -> Result<(), GalleryError> {
        let (kept, merged) = snapshot.parts.split_at(first);
        let joined = Joined::of(merged, &self.space.dimensions);
        let replaced: Vec<Stamp> =
            merged.iter().filter_map(|held| Some(held.part.graph()?.stamp)).collect();
        let mut parts = kept.to_vec();
        let precision = snapshot.precision();
        if joined.photos.len() <= EXACT_UP_TO {
            self.store.remove_segments(&replaced)?;
            parts.push(LiveSegment::new(joined.tail(precision)));
        } else {
            let built = build(&joined.vectors[0], progress);
            let Some(Built { layers, rows }) = built else { return Ok(()) };
            let sealed = self.sealed(joined.ordered(&rows), layers, &replaced)?;
            let empty = Joined::of(&[], &self.space.dimensions).tail(precision);
            parts.extend(
                [sealed.part(&self.store, &self.space.dimensions, precision)?, empty]
                    .map(LiveSegment::new),
            );
        }
        // Remaining files of other segments are deleted when the gallery is opened again.
        let _ = VectorFile::keep_only(self.store.path(), files(&parts));
        self.replace(Some(Arc::new(snapshot.having(parts))));
        Ok(())
    }

    /// Stores a segment with these layers, and replaces others.
    fn sealed(
        &self,
        joined: Joined,
        layers: Vec<GraphLayer>,
        replaced: &[Stamp],
    ) -> Result<Plan, GalleryError> {
        let Joined { photos, ordinals, vectors } = joined;
        for (backbone, Matrix { values, width }) in (0..).zip(vectors) {
            let space = BackboneSpace { backbone, width };
            let file = VectorFile::new(self.store.path(), &ordinals, space);
            file.write(&values).map_err(|error| failed(&self.store, error))?;
        }
        let segment = Segment { ordinals: ordinals.clone(), layers };
        let stamp = self.store.put_segment(&segment, replaced)?;
        let Segment { ordinals: sealed, layers } = segment;
        let sealed = Sealed { stamp, layers, ordinals: sealed, kept: None };
        Ok(Plan { photos, ordinals, segment: Some(sealed) })
    }
}

/// Photos with all their data, for a new part.
struct Joined {
    photos: Vec<StoredPhoto>,
    ordinals: Vec<u64>,
    vectors: Vec<Matrix>,
}

impl Joined {
    /// Joins the live photos of some parts.
    fn of(parts: &[LiveSegment], widths: &[usize]) -> Self {
        let rows: usize = parts.iter().map(LiveSegment::live_count).sum();
        let vectors = widths.iter().map(|&width| {
            let values = Vec::with_capacity(rows * width);
            Matrix { values, width }
        });
        let vectors = vectors.collect();
        let mut joined = Self { photos: Vec::with_capacity(rows), ordinals: Vec::new(), vectors };
        for held in parts {
            for row in held.live() {
                joined.photos.push(held.part.photo(row).clone());
                joined.ordinals.push(held.part.ordinals[row as usize]);
                for (to, from) in joined.vectors.iter_mut().zip(&held.part.vectors) {
                    to.values.extend_from_slice(&from.row(row));
                }
            }
        }
        joined
    }

    fn push(&mut self, photo: &NewPhoto, ordinal: u64) {
        let NewPhoto { id, content_hash, embeddings, .. } = photo;
        self.photos.push(StoredPhoto { id: id.clone(), content_hash: *content_hash });
        self.ordinals.push(ordinal);
        for (to, values) in self.vectors.iter_mut().zip(embeddings) {
            to.values.extend_from_slice(values);
        }
    }

    /// Returns the same photos with these rows, in this order.
    fn ordered(self, rows: &[u32]) -> Self {
        let place = |row: &u32| *row as usize;
        let matrix = |from: &Matrix| Matrix {
            values: rows.iter().flat_map(|&row| from.row(row)).copied().collect(),
            width: from.width,
        };
        Self {
            photos: rows.iter().map(|row| self.photos[place(row)].clone()).collect(),
            ordinals: rows.iter().map(|row| self.ordinals[place(row)]).collect(),
            vectors: self.vectors.iter().map(matrix).collect(),
        }
    }

    fn tail(self, precision: Precision) -> Part {
        let vectors = self.vectors.into_iter().map(|matrix| matrix.kept(precision));
        Part::new(self.photos, self.ordinals, vectors.collect(), None)
    }
}

impl Snapshot {
    /// Returns a snapshot with more photos. They replace those with the same identity.
    pub(in crate::gallery) fn with(&self, new: &[NewPhoto], ordinals: &[u64]) -> Self {
        let mut next = self.without(new.iter().map(|photo| &photo.id));
        let Some(tail) = next.parts.pop() else { return next };
        let widths: Vec<usize> = tail.part.vectors.iter().map(Vectors::width).collect();
        let mut joined = Joined::of(&[tail], &widths);
        let last: HashMap<&PhotoId, u64> =
            new.iter().map(|photo| &photo.id).zip(ordinals.iter().copied()).collect();
        for (photo, &ordinal) in new.iter().zip(ordinals) {
            if last[&photo.id] == ordinal {
                joined.push(photo, ordinal);
            }
        }
        next.parts.push(LiveSegment::new(joined.tail(self.precision())));
        next
    }

    /// Returns a snapshot without some photos.
    pub(in crate::gallery) fn without<'a>(
        &self,
        ids: impl Iterator<Item = &'a PhotoId> + Clone,
    ) -> Self {
        self.having(self.parts.iter().map(|held| held.without(ids.clone())).collect())
    }

    /// Returns a snapshot with other parts.
    fn having(&self, parts: Vec<LiveSegment>) -> Self {
        Self { parts, kin: Arc::clone(&self.kin), stored: self.stored.clone() }
    }

    /// Returns a snapshot with other listed kin.
    pub(in crate::gallery) fn with_kin(&self, kin: Kin) -> Self {
        Self { kin: kin.into(), ..self.having(self.parts.clone()) }
    }
}

//! Sealing: the tail becomes a segment, and segments are merged.

use std::sync::Arc;

use super::gallery::EmbeddedGallery;
use super::hnsw::build::{BuiltGraph, build};
use super::live_segment::LiveSegment;
use super::load::{GraphPlan, SegmentPlan, failed, files};
use super::matrix::{BackboneSpace, VectorMatrix};
use super::merge::MergedPhotos;
use super::segment::EXACT_UP_TO;
use super::snapshot::Snapshot;
use super::store::{GraphLayer, SegmentRecord, Stamp};
use super::vector_file::VectorFile;
use crate::domain::Progress;
use crate::gallery::error::GalleryError;

/// Maximum size of a merged segment, as a multiple of the number of later photos.
///
/// So segments stay few, and each photo is sealed only a few times.
const GROWTH: usize = 2;

impl EmbeddedGallery {
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
        let [segments @ .., tail] = snapshot.segments.as_slice() else { return Ok(()) };
        if tail.photo_count() <= EXACT_UP_TO {
            return Ok(());
        }
        let mut first = segments.len();
        let mut photos = tail.photo_count();
        while first > 0 && segments[first - 1].photo_count() <= GROWTH * photos {
            first -= 1;
            photos += segments[first].photo_count();
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
        let [segments @ .., tail] = snapshot.segments.as_slice() else { return Ok(()) };
        let is_compact = match segments {
            [] => tail.photo_count() <= EXACT_UP_TO,
            [only] => tail.photo_count() == 0 && only.deleted_count() == 0,
            _ => false,
        };
        if is_compact { Ok(()) } else { self.merge(&snapshot, 0, progress) }
    }

    /// Merges the segments from index `first` on.
    ///
    /// The result is one segment and an empty tail, or only a tail if there are few photos.
    fn merge(
        &self,
        snapshot: &Snapshot,
        first: usize,
        progress: &dyn Progress,
    ) -> Result<(), GalleryError> {
        let (retained, merged) = snapshot.segments.split_at(first);
        let widths = &self.space.dimensions;
        let photos = MergedPhotos::new(merged, widths);
        let replaced: Vec<Stamp> =
            merged.iter().filter_map(|live| Some(live.segment.graph()?.stamp)).collect();
        let mut segments = retained.to_vec();
        let precision = snapshot.precision();
        if photos.count() <= EXACT_UP_TO {
            self.store.delete_segments(&replaced)?;
            segments.push(LiveSegment::new(photos.into_tail(precision)));
        } else {
            let Some(BuiltGraph { layers, rows }) = build(&photos.vectors[0], progress) else {
                return Ok(());
            };
            let plan = self.put_segment(photos.ordered(&rows), layers, &replaced)?;
            let segment = plan.build(&self.store, widths, precision)?;
            let tail = MergedPhotos::new(&[], widths).into_tail(precision);
            segments.extend([segment, tail].map(LiveSegment::new));
        }
        // Remaining files of other segments are deleted when the gallery is opened again.
        let _ = VectorFile::delete_others(self.store.path(), files(&segments));
        self.replace(Some(Arc::new(snapshot.with_segments(segments))));
        Ok(())
    }

    /// Stores a segment with these layers, and replaces others.
    fn put_segment(
        &self,
        photos: MergedPhotos,
        layers: Vec<GraphLayer>,
        replaced: &[Stamp],
    ) -> Result<SegmentPlan, GalleryError> {
        let MergedPhotos { photos, vectors } = photos;
        let ordinals: Vec<u64> = photos.iter().map(|photo| photo.ordinal).collect();
        for (backbone, VectorMatrix { values, width }) in (0..).zip(vectors) {
            let space = BackboneSpace { backbone, width };
            let file = VectorFile::new(self.store.path(), &ordinals, space);
            file.write(&values).map_err(|error| failed(&self.store, error))?;
        }
        let record = SegmentRecord { ordinals, layers };
        let stamp = self.store.put_segment(&record, replaced)?;
        let SegmentRecord { ordinals, layers } = record;
        let graph = GraphPlan { stamp, layers, ordinals, existing: None };
        Ok(SegmentPlan { photos, graph: Some(graph) })
    }
}

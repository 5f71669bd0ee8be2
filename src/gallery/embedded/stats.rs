//! Statistics and verification of a gallery.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::gallery::EmbeddedGallery;
use super::live_segment::LiveSegment;
use super::load::{self, failed};
use super::store::StoreError;
use super::vector_file::VectorFile;
use crate::domain::FamilyId;
use crate::gallery::error::GalleryError;
use crate::gallery::filter::Filter;
use crate::gallery::interface::GalleryView;

/// Record counts and disk usage of a gallery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Version of the store's layout.
    pub schema: u32,
    /// Stored photos.
    pub photos: usize,
    /// People with a photo.
    pub people: usize,
    /// Families of these people.
    pub families: usize,
    /// Photos with a stored thumbnail.
    pub thumbnails: usize,
    /// Listed kin pairs.
    pub relationships: usize,
    /// The sealed segments.
    pub segments: Vec<SegmentStats>,
    /// Photos in no segment yet. They are compared one by one.
    pub tail: usize,
    /// Bytes of the database files and of the segments' vector files.
    pub disk_bytes: u64,
}

/// Statistics of a sealed segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentStats {
    /// Photos.
    pub photos: usize,
    /// Photos deleted since it was sealed. Searches skip them.
    pub deleted: usize,
    /// Layers of its search graph.
    pub layers: usize,
    /// Links on the lowest layer.
    pub links: usize,
    /// Unreachable nodes.
    pub unreachable: usize,
}

impl EmbeddedGallery {
    /// Returns the statistics of the gallery.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails or is damaged.
    pub fn stats(&self) -> Result<Stats, GalleryError> {
        let snapshot = self.snapshot()?;
        let people = snapshot.people(&Filter::default())?;
        let families: BTreeSet<FamilyId> = people.iter().map(|person| person.family()).collect();
        let segments = snapshot.segments.iter().filter_map(|live| {
            let graph = live.segment.graph()?;
            Some(SegmentStats {
                photos: live.photo_count(),
                deleted: live.deleted_count(),
                layers: graph.layers.len(),
                links: graph.layers.first().map_or(0, |base| base.neighbors.len()),
                unreachable: graph.unreachable(),
            })
        });
        let tail = snapshot.segments.iter().filter(|live| live.segment.graph().is_none());
        Ok(Stats {
            schema: self.store.schema(),
            photos: snapshot.photo_count(),
            people: people.len(),
            families: families.len(),
            thumbnails: self.store.thumbnail_count()?,
            relationships: self.store.counts()?.relationships as usize,
            segments: segments.collect(),
            tail: tail.map(|live| live.photo_count()).sum(),
            disk_bytes: self.store.disk_bytes()?
                + VectorFile::disk_bytes(self.store.path())
                    .map_err(|error| failed(&self.store, error))?,
        })
    }

    /// Checks that the vectors of a segment equal the stored embeddings.
    fn check_vectors(&self, live: &LiveSegment) -> Result<(), GalleryError> {
        let photos = &live.segment.photos;
        for (backbone, vectors) in (0..).zip(&live.segment.vectors) {
            photos.par_iter().enumerate().try_for_each(|(row, photo)| {
                let stored = self.store.embedding(photo.ordinal, backbone, vectors.width())?;
                if vectors.row_equals(row as u32, &stored) {
                    return Ok(());
                }
                Err(GalleryError::from(self.store.damaged_graph()))
            })?;
        }
        Ok(())
    }

    /// Reads all records again and verifies the gallery.
    ///
    /// - All checksums and counts match.
    /// - Every photo has its embeddings, and every embedding its photo.
    /// - Every link of a search graph is valid, and every node is reachable.
    ///
    /// # Errors
    /// The first error found, with its remedy.
    pub fn verify(&self) -> Result<Stats, GalleryError> {
        {
            let _writer = self.writer();
            let snapshot = load::load(&self.store, &self.space, self.precision)?;
            for live in &snapshot.segments {
                self.check_vectors(live)?;
            }
            self.replace(Some(snapshot.into()));
        }
        let orphans = self.store.orphan_count()?;
        if orphans > 0 {
            let what = format!("{orphans} parts of embeddings belong to no photo");
            return Err(StoreError::Corrupt { what }.into());
        }
        let stats = self.stats()?;
        if stats.segments.iter().any(|segment| segment.unreachable > 0) {
            return Err(self.store.damaged_graph().into());
        }
        Ok(stats)
    }
}

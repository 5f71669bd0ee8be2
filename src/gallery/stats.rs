//! What a gallery has and takes, and whether all of it is right.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::load::failed;
use super::mapped::VectorFile;
use super::snapshot::Held;
use super::{Gallery, GalleryError, load};
use crate::domain::{FamilyId, MemberId};
use crate::store::StoreError;

/// What a gallery has and takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Version of the store's layout.
    pub schema: u32,
    /// Enrolled photos.
    pub photos: usize,
    /// Everybody with a photo.
    pub people: usize,
    /// Their families.
    pub families: usize,
    /// Photos of which a small picture is kept.
    pub thumbnails: usize,
    /// Listed kin pairs.
    pub relationships: usize,
    /// The sealed segments.
    pub segments: Vec<SegmentStats>,
    /// Photos that are in no segment yet, and are compared one by one.
    pub tail: usize,
    /// Bytes of the database's files and those of the segments' vectors.
    pub disk_bytes: u64,
}

/// What a sealed segment has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentStats {
    /// Photos.
    pub photos: usize,
    /// Photos that were removed since it was sealed, and are passed by.
    pub removed: usize,
    /// Layers of its search graph.
    pub layers: usize,
    /// Links on the lowest layer.
    pub links: usize,
    /// Nodes that no path leads to.
    pub unreachable: usize,
}

impl Gallery {
    /// What the gallery has and takes.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn stats(&self) -> Result<Stats, GalleryError> {
        let snapshot = self.snapshot()?;
        let people: BTreeSet<MemberId> = snapshot.photos().map(|photo| photo.id.member()).collect();
        let families: BTreeSet<FamilyId> = people.iter().map(|person| person.family()).collect();
        let segments = snapshot.parts.iter().filter_map(|held| {
            let graph = held.part.graph()?;
            Some(SegmentStats {
                photos: held.live_count(),
                removed: held.removed(),
                layers: graph.layers.len(),
                links: graph.layers.first().map_or(0, |base| base.neighbours.len()),
                unreachable: graph.unreachable(),
            })
        });
        let tail = snapshot.parts.iter().filter(|held| held.part.graph().is_none());
        Ok(Stats {
            schema: self.store.schema(),
            photos: snapshot.photo_count(),
            people: people.len(),
            families: families.len(),
            thumbnails: self.store.thumbnail_count()?,
            relationships: self.store.counts()?.relationships as usize,
            segments: segments.collect(),
            tail: tail.map(|held| held.live_count()).sum(),
            disk_bytes: self.store.disk_bytes()?
                + VectorFile::disk_bytes(self.store.path())
                    .map_err(|error| failed(&self.store, error))?,
        })
    }

    /// Checks that the vectors of a part are the stored embeddings.
    fn check_vectors(&self, Held { part, .. }: &Held) -> Result<(), GalleryError> {
        for (backbone, vectors) in (0..).zip(&part.vectors) {
            let rows = part.ordinals.par_iter().enumerate();
            rows.try_for_each(|(row, &ordinal)| {
                let stored = self.store.embedding(ordinal, backbone, vectors.width())?;
                if vectors.has(row as u32, &stored) {
                    return Ok(());
                }
                Err(GalleryError::from(self.store.damaged_graph()))
            })?;
        }
        Ok(())
    }

    /// Reads everything anew and checks every checksum, every count, that every photo has its embeddings and every embedding
    /// its photo, and that every link of a search graph leads somewhere and every node is led to.
    ///
    /// # Errors
    /// What is wrong first, and what to do about it.
    pub fn verify(&self) -> Result<Stats, GalleryError> {
        {
            let _writer = self.writer();
            let snapshot = load::load(&self.store, &self.space.dimensions, self.precision)?;
            for held in &snapshot.parts {
                self.check_vectors(held)?;
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

//! A snapshot from the store.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::GalleryError;
use super::dot::dot;
use super::links;
use super::matrix::{Matrix, Precision};
use super::neighbour::StoredPhoto;
use super::part::{Graph, Part};
use super::snapshot::{Held, Kin, Snapshot};
use crate::domain::EmbeddingError;
use crate::store::{GraphLayer, Stamp, Store, StoreError};

/// A part whose vectors are still to come.
struct Plan {
    photos: Vec<StoredPhoto>,
    ordinals: Vec<u64>,
    vectors: Vec<Matrix>,
    /// The graph, and how many nodes were left out of it.
    graph: Option<(Stamp, Vec<GraphLayer>, usize)>,
}

/// Reads everything a search needs, with embeddings of these widths, one per backbone, and keeps them as precisely as asked.
pub(super) fn load(
    store: &Arc<Store>,
    widths: &[usize],
    precision: Precision,
) -> Result<Snapshot, GalleryError> {
    let mut plans = plans(store, widths)?;
    plans.iter_mut().try_for_each(|plan| fill(plan, store))?;
    let parts = plans.into_iter().map(|plan| Held::new(plan.part(precision))).collect();
    let stored = (precision == Precision::Half).then(|| Arc::clone(store));
    Ok(Snapshot { parts, kin: kin(store)?.into(), stored })
}

/// Who is listed as kin of whom.
pub(super) fn kin(store: &Store) -> Result<Kin, GalleryError> {
    let (mut kin, pairs) = (Kin::new(), store.relationships()?);
    for pair in &pairs {
        let [first, second] = pair.people();
        kin.entry(first).or_default().insert(second);
        kin.entry(second).or_default().insert(first);
    }
    complete("kin pairs", pairs.len() as u64, store.counts()?.relationships)?;
    Ok(kin)
}

/// The segments without removed photos, and last the tail: all photos that are in none.
fn plans(store: &Store, widths: &[usize]) -> Result<Vec<Plan>, GalleryError> {
    let mut by_ordinal = HashMap::new();
    for photo in store.photos()? {
        let stored = StoredPhoto { id: photo.id, content_hash: photo.content_hash };
        by_ordinal.insert(photo.ordinal, stored);
    }
    complete("photos", by_ordinal.len() as u64, store.counts()?.photos)?;
    let mut plans = Vec::new();
    for (stamp, segment) in store.segments()? {
        if !links::are_sound(&segment.layers, segment.ordinals.len()) {
            return Err(store.damaged_graph().into());
        }
        let found: Vec<_> =
            segment.ordinals.iter().map(|ordinal| by_ordinal.remove(ordinal)).collect();
        let is_kept: Vec<bool> = found.iter().map(Option::is_some).collect();
        let layers = links::without(&segment.layers, &is_kept);
        let removed = is_kept.iter().filter(|kept| !**kept).count();
        let kept = segment.ordinals.into_iter().zip(found);
        let kept = kept.filter_map(|(ordinal, photo)| Some((ordinal, photo?)));
        plans.push(Plan::new(kept, widths, Some((stamp, layers, removed))));
    }
    let mut rest: Vec<_> = by_ordinal.into_iter().collect();
    rest.sort_unstable_by_key(|(ordinal, _)| *ordinal);
    plans.push(Plan::new(rest.into_iter(), widths, None));
    Ok(plans)
}

impl Plan {
    fn new(
        photos: impl Iterator<Item = (u64, StoredPhoto)>,
        widths: &[usize],
        graph: Option<(Stamp, Vec<GraphLayer>, usize)>,
    ) -> Self {
        let (mut ordinals, mut photos): (Vec<u64>, Vec<StoredPhoto>) = photos.unzip();
        // They stay as long as the gallery is open.
        ordinals.shrink_to_fit();
        photos.shrink_to_fit();
        let vectors = widths.iter().map(|&width| Matrix::zeros(photos.len(), width)).collect();
        Self { photos, ordinals, vectors, graph }
    }

    fn part(self, precision: Precision) -> Part {
        let graph = self
            .graph
            .map(|(stamp, layers, removed)| Graph::new(stamp, (layers, removed), &self.vectors[0]));
        Part::new((self.photos, self.ordinals), (self.vectors, precision), graph)
    }
}

/// Reads the vectors to their rows.
fn fill(plan: &mut Plan, store: &Store) -> Result<(), GalleryError> {
    for (backbone, matrix) in (0..).zip(&mut plan.vectors) {
        let rows = matrix.values.par_chunks_exact_mut(matrix.width);
        let read = |(row, &ordinal): (&mut [f32], &u64)| {
            store.read_embedding(ordinal, backbone, row)?;
            check(row)
        };
        rows.zip(&plan.ordinals).try_for_each(read)?;
    }
    Ok(())
}

/// Checks that a vector is an embedding.
fn check(vector: &[f32]) -> Result<(), GalleryError> {
    if (dot(vector, vector) - 1.0).abs() < 2e-3 {
        return Ok(());
    }
    Err(GalleryError::BadEmbedding(EmbeddingError::NotUnit))
}

/// Checks that as many records were read as were stored.
fn complete(what: &str, found: u64, expected: u64) -> Result<(), StoreError> {
    if found == expected {
        return Ok(());
    }
    Err(StoreError::Corrupt { what: format!("{found} of {expected} {what} are left") })
}

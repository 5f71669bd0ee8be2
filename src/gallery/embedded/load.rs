//! Loads a snapshot from the store.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use rayon::prelude::*;

use super::dot::dot;
use super::hnsw::links;
use super::live_segment::LiveSegment;
use super::matrix::{BackboneSpace, VectorMatrix, VectorPrecision};
use super::segment::{Graph, Segment};
use super::snapshot::{ListedPairs, Snapshot};
use super::store::{GraphLayer, SegmentRecord, Stamp, Store, StoreError};
use super::vector_file::{MappedVectors, VectorFile};
use super::vectors::Vectors;
use crate::domain::{EmbeddingError, EmbeddingSpace};
use crate::gallery::error::GalleryError;
use crate::gallery::photo::StoredPhoto;

/// A segment without its vectors.
pub(in crate::gallery) struct SegmentPlan {
    pub(in crate::gallery) photos: Vec<Arc<StoredPhoto>>,
    /// The search graph. `None` for the tail.
    pub(in crate::gallery) graph: Option<GraphPlan>,
}

/// The search graph of a sealed segment, without its quantized vectors.
pub(in crate::gallery) struct GraphPlan {
    pub(in crate::gallery) stamp: Stamp,
    /// The layers, without deleted photos.
    pub(in crate::gallery) layers: Vec<GraphLayer>,
    /// Ordinals of its photos when it was sealed.
    pub(in crate::gallery) ordinals: Vec<u64>,
    /// Indices of the ordinals that still exist. `None` means all.
    pub(in crate::gallery) existing: Option<Vec<u32>>,
}

/// Loads all data for searches, at the requested precision.
pub(in crate::gallery) fn load(
    store: &Arc<Store>,
    space: &EmbeddingSpace,
    precision: VectorPrecision,
) -> Result<Snapshot, GalleryError> {
    let mut segments = Vec::new();
    for plan in plans(store)? {
        segments.push(LiveSegment::new(plan.build(store, &space.dimensions, precision)?));
    }
    VectorFile::delete_others(store.path(), files(&segments))
        .map_err(|error| failed(store, error))?;
    let stored = (precision == VectorPrecision::Half).then(|| Arc::clone(store));
    let listed = listed_pairs(store)?.into();
    Ok(Snapshot { space: space.clone(), segments, listed, stored })
}

/// The vector files of some segments.
pub(in crate::gallery) fn files(
    segments: &[LiveSegment],
) -> impl Iterator<Item = &VectorFile> + Clone {
    segments.iter().filter_map(|live| live.segment.graph()).flat_map(|graph| &graph.files)
}

/// Reads the listed kin pairs of each person.
pub(in crate::gallery) fn listed_pairs(store: &Store) -> Result<ListedPairs, GalleryError> {
    let mut listed = ListedPairs::new();
    let pairs = store.relationships()?;
    for pair in &pairs {
        let [first, second] = pair.people();
        listed.entry(first).or_default().push(*pair);
        listed.entry(second).or_default().push(*pair);
    }
    for (person, pairs) in &mut listed {
        pairs.sort_unstable_by_key(|pair| pair.relative_of(*person));
    }
    complete("kin pairs", pairs.len() as u64, store.counts()?.relationships)?;
    Ok(listed)
}

/// Plans the segments without deleted photos, then the tail: all photos in no segment.
fn plans(store: &Store) -> Result<Vec<SegmentPlan>, GalleryError> {
    let photos = store.photos()?;
    let mut by_ordinal: HashMap<u64, StoredPhoto> =
        photos.into_iter().map(|photo| (photo.ordinal, photo)).collect();
    complete("photos", by_ordinal.len() as u64, store.counts()?.photos)?;
    let mut plans = Vec::new();
    for (stamp, record) in store.segments()? {
        let SegmentRecord { ordinals, layers } = record;
        if !links::are_sound(&layers, ordinals.len()) {
            return Err(store.damaged_graph().into());
        }
        let found: Vec<Option<StoredPhoto>> =
            ordinals.iter().map(|ordinal| by_ordinal.remove(ordinal)).collect();
        let exists: Vec<bool> = found.iter().map(Option::is_some).collect();
        let rows = (0..).zip(&exists).filter_map(|(row, exists)| exists.then_some(row));
        let existing = exists.contains(&false).then(|| rows.collect());
        let layers = links::without(layers, &exists);
        let graph = GraphPlan { stamp, layers, ordinals, existing };
        plans.push(SegmentPlan::new(found.into_iter().flatten(), Some(graph)));
    }
    let mut rest: Vec<StoredPhoto> = by_ordinal.into_values().collect();
    rest.sort_unstable_by_key(|photo| photo.ordinal);
    plans.push(SegmentPlan::new(rest.into_iter(), None));
    Ok(plans)
}

impl SegmentPlan {
    fn new(photos: impl Iterator<Item = StoredPhoto>, graph: Option<GraphPlan>) -> Self {
        let mut photos: Vec<Arc<StoredPhoto>> = photos.map(Arc::new).collect();
        // They stay in memory as long as the gallery is open.
        photos.shrink_to_fit();
        Self { photos, graph }
    }

    /// Builds the segment with embeddings of these widths, at the requested precision.
    pub(in crate::gallery) fn build(
        self,
        store: &Store,
        widths: &[usize],
        precision: VectorPrecision,
    ) -> Result<Segment, GalleryError> {
        let Self { photos, graph } = self;
        let spaces: Vec<BackboneSpace> =
            (0..).zip(widths).map(|(backbone, &width)| BackboneSpace { backbone, width }).collect();
        let mut vectors = Vec::new();
        let Some(plan) = graph else {
            let ordinals: Vec<u64> = photos.iter().map(|photo| photo.ordinal).collect();
            for space in spaces {
                let matrix = read(store, &ordinals, space, |_| true)?;
                vectors.push(Vectors::from_matrix(matrix, precision));
            }
            return Ok(Segment::new(photos, vectors, None));
        };
        let mut files = Vec::new();
        let mut mapped = Vec::new();
        for space in spaces {
            let file = VectorFile::new(store.path(), &plan.ordinals, space);
            mapped.push(plan.map(store, &file, space)?);
            files.push(file);
        }
        let graph = Graph::new(plan.stamp, files, plan.layers, &mapped[0]);
        for mapped in mapped {
            let stored = Vectors::from_mapped(mapped, precision);
            vectors.push(stored.map_err(|error| failed(store, error))?);
        }
        Ok(Segment::new(photos, vectors, Some(graph)))
    }
}

impl GraphPlan {
    /// Maps the vectors of one backbone from their file. Writes the file first if it is missing.
    fn map(
        &self,
        store: &Store,
        file: &VectorFile,
        space: BackboneSpace,
    ) -> Result<MappedVectors, GalleryError> {
        let mapped = match file.open().map_err(|error| failed(store, error))? {
            Some(mapped) => mapped,
            None => {
                let matrix = read(store, &self.ordinals, space, |row| self.exists(row))?;
                file.write(&matrix.values).map_err(|error| failed(store, error))?;
                let mapped = file.open().map_err(|error| failed(store, error))?;
                mapped.ok_or_else(|| store.damaged_graph())?
            }
        };
        Ok(match &self.existing {
            Some(rows) => mapped.select(rows.clone()),
            None => mapped,
        })
    }

    fn exists(&self, row: u32) -> bool {
        self.existing.as_ref().is_none_or(|rows| rows.binary_search(&row).is_ok())
    }
}

/// Reads these photos' embeddings by one backbone. A missing photo gets zeros.
fn read(
    store: &Store,
    ordinals: &[u64],
    space: BackboneSpace,
    exists: impl Fn(u32) -> bool + Sync,
) -> Result<VectorMatrix, GalleryError> {
    let BackboneSpace { backbone, width } = space;
    let mut matrix = VectorMatrix::zeros(ordinals.len(), width);
    let rows = matrix.values.par_chunks_exact_mut(width).zip(ordinals).enumerate();
    let rows = rows.filter(|(row, _)| exists(*row as u32));
    rows.try_for_each(|(_, (row, &ordinal))| {
        store.read_embedding(ordinal, backbone, row)?;
        check(row)
    })?;
    Ok(matrix)
}

/// The error of a vector file.
pub(in crate::gallery) fn failed(store: &Store, error: io::Error) -> GalleryError {
    if error.kind() == io::ErrorKind::InvalidData {
        return store.damaged_graph().into();
    }
    StoreError::Io { path: store.path().to_owned(), source: error }.into()
}

/// Checks that a vector is an embedding.
fn check(vector: &[f32]) -> Result<(), GalleryError> {
    if (dot(vector, vector) - 1.0).abs() < 2e-3 {
        return Ok(());
    }
    Err(GalleryError::BadEmbedding(EmbeddingError::NotUnit))
}

/// Checks that the number of records read equals the number stored.
fn complete(what: &str, found: u64, expected: u64) -> Result<(), StoreError> {
    if found == expected {
        return Ok(());
    }
    Err(StoreError::Corrupt { what: format!("{found} of {expected} {what} are left") })
}

//! Loads a snapshot from the store.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use rayon::prelude::*;

use super::dot::dot;
use super::hnsw::links;
use super::matrix::{BackboneSpace, Matrix, Precision};
use super::segment::{Graph, Part};
use super::snapshot::{Kin, LiveSegment, Snapshot};
use super::store::{GraphLayer, Segment, Stamp, Store, StoreError};
use super::vector_file::{Mapped, VectorFile};
use crate::domain::EmbeddingError;
use crate::gallery::error::GalleryError;
use crate::gallery::neighbor::StoredPhoto;

/// A part without its vectors.
pub(in crate::gallery) struct Plan {
    pub(in crate::gallery) photos: Vec<StoredPhoto>,
    pub(in crate::gallery) ordinals: Vec<u64>,
    pub(in crate::gallery) segment: Option<Sealed>,
}

/// Further data of a segment.
pub(in crate::gallery) struct Sealed {
    pub(in crate::gallery) stamp: Stamp,
    /// The graph, without deleted photos.
    pub(in crate::gallery) layers: Vec<GraphLayer>,
    /// Ordinals of its photos when it was sealed.
    pub(in crate::gallery) ordinals: Vec<u64>,
    /// Indices of the ordinals that still exist. `None` means all.
    pub(in crate::gallery) kept: Option<Vec<u32>>,
}

/// Loads all data for searches, with one embedding width per backbone, at the requested precision.
pub(in crate::gallery) fn load(
    store: &Arc<Store>,
    widths: &[usize],
    precision: Precision,
) -> Result<Snapshot, GalleryError> {
    let part = |plan: Plan| plan.part(store, widths, precision).map(LiveSegment::new);
    let parts = plans(store)?.into_iter().map(part).collect::<Result<Vec<_>, _>>()?;
    VectorFile::keep_only(store.path(), files(&parts)).map_err(|error| failed(store, error))?;
    let stored = (precision == Precision::Half).then(|| Arc::clone(store));
    Ok(Snapshot { parts, kin: kin(store)?.into(), stored })
}

/// The vector files of some parts.
pub(in crate::gallery) fn files(
    parts: &[LiveSegment],
) -> impl Iterator<Item = &VectorFile> + Clone {
    parts.iter().filter_map(|held| held.part.graph()).flat_map(|graph| &graph.files)
}

/// Reads the listed kin pairs of each person.
pub(in crate::gallery) fn kin(store: &Store) -> Result<Kin, GalleryError> {
    let mut kin = Kin::new();
    let pairs = store.relationships()?;
    for pair in &pairs {
        let [first, second] = pair.people();
        kin.entry(first).or_default().push(*pair);
        kin.entry(second).or_default().push(*pair);
    }
    for (person, pairs) in &mut kin {
        pairs.sort_unstable_by_key(|pair| pair.relative_of(*person));
    }
    complete("kin pairs", pairs.len() as u64, store.counts()?.relationships)?;
    Ok(kin)
}

/// Plans the segments without deleted photos, then the tail: all photos in no segment.
fn plans(store: &Store) -> Result<Vec<Plan>, GalleryError> {
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
        let rows = (0..).zip(&is_kept).filter_map(|(row, is_kept)| is_kept.then_some(row));
        let kept = is_kept.contains(&false).then(|| rows.collect());
        let Segment { ordinals, layers } = segment;
        let photos = ordinals.clone().into_iter().zip(found);
        let photos = photos.filter_map(|(ordinal, photo)| Some((ordinal, photo?)));
        let layers = links::without(layers, &is_kept);
        let sealed = Sealed { stamp, layers, ordinals, kept };
        plans.push(Plan::new(photos, Some(sealed)));
    }
    let mut rest: Vec<_> = by_ordinal.into_iter().collect();
    rest.sort_unstable_by_key(|(ordinal, _)| *ordinal);
    plans.push(Plan::new(rest.into_iter(), None));
    Ok(plans)
}

impl Plan {
    fn new(photos: impl Iterator<Item = (u64, StoredPhoto)>, segment: Option<Sealed>) -> Self {
        let (mut ordinals, mut photos): (Vec<u64>, Vec<StoredPhoto>) = photos.unzip();
        // They stay in memory as long as the gallery is open.
        ordinals.shrink_to_fit();
        photos.shrink_to_fit();
        Self { photos, ordinals, segment }
    }

    /// Builds the part with embeddings of these widths, at the requested precision.
    pub(in crate::gallery) fn part(
        self,
        store: &Store,
        widths: &[usize],
        precision: Precision,
    ) -> Result<Part, GalleryError> {
        let Self { photos, ordinals, segment } = self;
        let space = |(backbone, width)| BackboneSpace { backbone, width };
        let spaces = (0..).zip(widths.iter().copied()).map(space);
        let Some(sealed) = segment else {
            let read = |space| read(store, &ordinals, space, |_| true);
            let vectors = spaces.map(|space| Ok(read(space)?.kept(precision)));
            let vectors = vectors.collect::<Result<_, GalleryError>>()?;
            return Ok(Part::new(photos, ordinals, vectors, None));
        };
        let file = |space| VectorFile::new(store.path(), &sealed.ordinals, space);
        let files: Vec<VectorFile> = spaces.clone().map(file).collect();
        let mapped =
            files.iter().zip(spaces).map(|(file, space)| sealed.mapped(store, file, space));
        let mapped = mapped.collect::<Result<Vec<_>, _>>()?;
        let graph = sealed.graph(files, &mapped[0]);
        let kept = mapped.into_iter().map(|mapped| mapped.kept(precision));
        let vectors = kept.collect::<io::Result<_>>().map_err(|error| failed(store, error))?;
        Ok(Part::new(photos, ordinals, vectors, Some(graph)))
    }
}

impl Sealed {
    /// Maps the vectors of one backbone from their file. Writes the file first if it is missing.
    fn mapped(
        &self,
        store: &Store,
        file: &VectorFile,
        space: BackboneSpace,
    ) -> Result<Mapped, GalleryError> {
        let failed = |error| failed(store, error);
        let mapped = match file.open().map_err(failed)? {
            Some(mapped) => mapped,
            None => {
                let is_there = |row: u32| {
                    self.kept.as_ref().is_none_or(|kept| kept.binary_search(&row).is_ok())
                };
                let matrix = read(store, &self.ordinals, space, is_there)?;
                file.write(&matrix.values).map_err(failed)?;
                file.open().map_err(failed)?.ok_or_else(|| store.damaged_graph())?
            }
        };
        Ok(match &self.kept {
            Some(rows) => mapped.keeping(rows.clone()),
            None => mapped,
        })
    }

    fn graph(self, files: Vec<VectorFile>, vectors: &Mapped) -> Graph {
        Graph::new(self.stamp, files, self.layers, vectors)
    }
}

/// Reads these photos' embeddings by one backbone. A missing photo gets zeros.
fn read(
    store: &Store,
    ordinals: &[u64],
    space: BackboneSpace,
    is_there: impl Fn(u32) -> bool + Sync,
) -> Result<Matrix, GalleryError> {
    let BackboneSpace { backbone, width } = space;
    let mut matrix = Matrix::zeros(ordinals.len(), width);
    let rows = matrix.values.par_chunks_exact_mut(width).zip(ordinals).enumerate();
    let rows = rows.filter(|(row, _)| is_there(*row as u32));
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

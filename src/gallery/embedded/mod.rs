//! The gallery: photos in a [`store`](self::store), and nearest-neighbor search over them.
//!
//! The store is the source of truth. In memory a gallery is a few sealed segments and a tail
//! ([`Snapshot`]). A segment has a search graph, derived from its embeddings and stored with them.
//! The tail is compared photo by photo. It is sealed when it is large enough ([`Gallery::seal`]).
//! Sealing changes no result, except for the rare neighbor that a graph search misses.
//!
//! A deleted photo disappears from the store at once, and from every later snapshot. Reopening the
//! gallery drops its node from the graph, and links lead around it. [`Gallery::compact`] builds the
//! graph without it.

mod bits;
mod deletion;
mod dot;
mod hnsw;
mod load;
mod maintenance;
mod matrix;
mod quantized;
mod scored;
pub(super) mod segment;
mod snapshot;
mod stats;
pub mod store;
mod vector_file;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

pub use matrix::Precision;
pub use snapshot::Snapshot;
pub use stats::{SegmentStats, Stats};

use self::store::{Header, NewPhoto, Store};
use super::GalleryError;
use crate::domain::{
    ContentHash, EmbeddedPhoto, Embedding, EmbeddingSpace, Fingerprint, PersonId, PhotoId,
    Progress, Relationship,
};
pub use store::Deleted;

/// An open gallery. One process has it open at a time. Its threads share it, with one writer at a
/// time.
pub struct Gallery {
    pub(super) store: Arc<Store>,
    pub(super) space: EmbeddingSpace,
    pub(super) bundle: PathBuf,
    precision: Precision,
    /// Locked during a write.
    writer: Mutex<()>,
    /// The current snapshot; `None` until the first request.
    current: RwLock<Option<Arc<Snapshot>>>,
}

/// A photo to add.
pub struct Enrolment {
    /// Identity of the photo.
    pub id: PhotoId,
    /// SHA-256 of its file.
    pub content_hash: ContentHash,
    /// One embedding per backbone, in the bundle's order.
    pub embeddings: Vec<Embedding>,
    /// Its thumbnail to store, a JPEG.
    pub thumbnail: Option<Vec<u8>>,
}

impl Enrolment {
    /// Names a photo of one face.
    pub fn new(id: PhotoId, photo: EmbeddedPhoto) -> Self {
        let EmbeddedPhoto { content_hash, thumbnail, faces } = photo;
        let embeddings = faces.into_iter().next().map(|face| face.embeddings).unwrap_or_default();
        Self { id, content_hash, embeddings, thumbnail }
    }
}

impl Gallery {
    /// Opens the gallery at `path` for writing, or creates it.
    ///
    /// `space` is the embedding space of the bundle in the folder `bundle`.
    ///
    /// # Errors
    /// - [`GalleryError::OtherBundle`] if it was made with another bundle.
    /// - [`GalleryError::Store`] if it is in use, damaged or of a newer schema, or `path` holds other files.
    pub fn open_or_create(
        path: &Path,
        space: &EmbeddingSpace,
        bundle: &Path,
    ) -> Result<Self, GalleryError> {
        let header = Header {
            fingerprint: space.fingerprint.0,
            dimensions: space.dimensions.iter().map(|&d| d as u32).collect(),
            bundle: bundle.to_string_lossy().into_owned(),
        };
        let store = Store::open_or_create(path, &header)?;
        let gallery = Self::from_store(store)?;
        gallery.check_bundle(space)?;
        if gallery.bundle != bundle {
            gallery.store.put_header(&header)?;
        }
        Ok(gallery)
    }

    /// Opens an existing gallery.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if there is no gallery, or it is in use, damaged or of a newer
    /// schema.
    pub fn open(path: &Path) -> Result<Self, GalleryError> {
        Self::from_store(Store::open(path)?)
    }

    /// Opens an existing gallery and re-creates all derived data.
    ///
    /// These are the record counts, the manifest file and the search graphs. The graphs are left
    /// for later if `progress` is cancelled.
    ///
    /// # Errors
    /// As [`Self::open`], but a damaged graph or count is no error.
    pub fn rebuild(path: &Path, progress: &dyn Progress) -> Result<Self, GalleryError> {
        let gallery = Self::from_store(Store::recount(path)?)?;
        gallery.seal(progress)?;
        Ok(gallery)
    }

    /// Sets the number of bits of each value in memory.
    #[must_use]
    pub fn with_precision(self, precision: Precision) -> Self {
        Self { precision, current: RwLock::new(None), ..self }
    }

    /// Writes the database again, without the space and bytes of deleted or replaced records.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if a half-precision snapshot is still in use, or the store fails.
    /// Then the old database stays.
    pub fn rewrite(self) -> Result<Self, GalleryError> {
        let Self { store, precision, current, .. } = self;
        drop(current);
        let store = Arc::try_unwrap(store).map_err(|store| store.in_use())?;
        Ok(Self::from_store(store.rewrite()?)?.with_precision(precision))
    }

    fn from_store(store: Store) -> Result<Self, GalleryError> {
        let Header { fingerprint, dimensions, bundle } = store.header()?;
        let dimensions = dimensions.into_iter().map(|d| d as usize).collect();
        let space = EmbeddingSpace { fingerprint: Fingerprint(fingerprint), dimensions };
        let writer = Mutex::new(());
        let current = RwLock::new(None);
        let store = Arc::new(store);
        let precision = Precision::Full;
        Ok(Self { store, space, bundle: PathBuf::from(bundle), precision, writer, current })
    }

    /// The gallery's folder.
    pub fn path(&self) -> &Path {
        self.store.path()
    }

    /// The space of the stored embeddings.
    pub fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    /// Path of the bundle at the last ingest.
    pub fn bundle(&self) -> &Path {
        &self.bundle
    }

    /// Returns the number of stored photos.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails.
    pub fn photo_count(&self) -> Result<usize, GalleryError> {
        Ok(self.store.counts()?.photos as usize)
    }

    /// Returns how often photos and listed kin have changed since the gallery was created.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails.
    pub fn version(&self) -> Result<u64, GalleryError> {
        Ok(self.store.counts()?.commits)
    }

    /// Returns the embeddings of a photo, one per backbone. Returns `None` if it is not stored.
    ///
    /// # Errors
    /// - [`GalleryError::Store`] if the store fails or is damaged.
    /// - [`GalleryError::BadEmbedding`] if a stored vector is not an embedding.
    pub fn embeddings(&self, id: &PhotoId) -> Result<Option<Vec<Embedding>>, GalleryError> {
        let Some(photo) = self.store.photo(id)? else { return Ok(None) };
        let embedding = |(backbone, &width)| {
            let values = self.store.embedding(photo.ordinal, backbone, width)?;
            Embedding::from_unit(values).map_err(GalleryError::BadEmbedding)
        };
        (0..).zip(&self.space.dimensions).map(embedding).collect::<Result<_, _>>().map(Some)
    }

    /// Returns all people with a photo.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails.
    pub fn people(&self) -> Result<BTreeSet<PersonId>, GalleryError> {
        Ok(self.store.photos()?.iter().map(|photo| photo.id.member()).collect())
    }

    /// Checks that embeddings of `space` are comparable with the stored ones.
    ///
    /// # Errors
    /// [`GalleryError::OtherBundle`] if they were made with different bundles.
    pub fn check_bundle(&self, space: &EmbeddingSpace) -> Result<(), GalleryError> {
        if self.space == *space {
            return Ok(());
        }
        Err(GalleryError::OtherBundle {
            enrolled_with: self.bundle.clone(),
            expected: self.space.fingerprint,
            found: space.fingerprint,
        })
    }

    /// Returns the hash of a stored photo's source file.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails.
    pub fn content_hash(&self, id: &PhotoId) -> Result<Option<ContentHash>, GalleryError> {
        Ok(self.store.photo(id)?.map(|photo| photo.content_hash))
    }

    /// Returns the thumbnail of a photo, a JPEG. Returns `None` if the photo or its thumbnail is
    /// not stored.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails or is damaged.
    pub fn thumbnail(&self, id: &PhotoId) -> Result<Option<Vec<u8>>, GalleryError> {
        let Some(photo) = self.store.photo(id)? else { return Ok(None) };
        Ok(self.store.thumbnail(photo.ordinal)?)
    }

    /// Adds photos, all or none.
    ///
    /// They are on disk when this returns, and in every later snapshot. A photo that is stored
    /// already is replaced. Of several with the same identity the last one is stored.
    ///
    /// # Errors
    /// - [`GalleryError::WrongDimension`] if the embeddings are not of this gallery's space.
    /// - [`GalleryError::Store`] if the store fails.
    pub fn enrol(&self, photos: Vec<Enrolment>) -> Result<(), GalleryError> {
        let new =
            photos.into_iter().map(|photo| self.record(photo)).collect::<Result<Vec<_>, _>>()?;
        let _writer = self.writer();
        let ordinals = self.store.put_photos(&new)?;
        self.update(|snapshot| Ok(snapshot.with(&new, &ordinals)))
    }

    fn record(&self, photo: Enrolment) -> Result<NewPhoto, GalleryError> {
        let Enrolment { id, content_hash, embeddings, thumbnail } = photo;
        let found: Vec<usize> = embeddings.iter().map(Embedding::dimension).collect();
        if found != self.space.dimensions {
            return Err(GalleryError::WrongDimension {
                expected: self.space.dimensions.clone(),
                found,
            });
        }
        let embeddings = embeddings.iter().map(|e| e.as_slice().to_vec()).collect();
        Ok(NewPhoto { id, content_hash, embeddings, thumbnail })
    }

    /// Adds kin pairs. A pair replaces an earlier one of the same two people.
    ///
    /// They are on disk when this returns. The people need no photos.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails.
    pub fn relate(&self, pairs: &[Relationship]) -> Result<(), GalleryError> {
        let _writer = self.writer();
        self.store.put_relationships(pairs)?;
        self.update(|snapshot| Ok(snapshot.with_kin(load::kin(&self.store)?)))
    }

    /// Returns all listed kin pairs, in no particular order.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails or is damaged.
    pub fn relationships(&self) -> Result<Vec<Relationship>, GalleryError> {
        Ok(self.store.relationships()?)
    }

    /// Returns the current content, in memory, for searches. Later changes do not show in it.
    ///
    /// # Errors
    /// - [`GalleryError::Store`] if the store fails or is damaged.
    /// - [`GalleryError::BadEmbedding`] if a stored vector is not an embedding.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>, GalleryError> {
        if let Some(snapshot) = self.loaded() {
            return Ok(snapshot);
        }
        let _writer = self.writer();
        self.load()
    }

    /// Admits one writer. A writer that panicked left complete transactions only, so poisoning is
    /// ignored.
    pub(super) fn writer(&self) -> MutexGuard<'_, ()> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn loaded(&self) -> Option<Arc<Snapshot>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the current snapshot, for a writer.
    fn load(&self) -> Result<Arc<Snapshot>, GalleryError> {
        if let Some(snapshot) = self.loaded() {
            return Ok(snapshot);
        }
        let snapshot = Arc::new(load::load(&self.store, &self.space.dimensions, self.precision)?);
        self.replace(Some(Arc::clone(&snapshot)));
        Ok(snapshot)
    }

    fn replace(&self, snapshot: Option<Arc<Snapshot>>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }

    /// Applies a write to the snapshot in memory, if one is loaded.
    fn update(
        &self,
        change: impl FnOnce(&Snapshot) -> Result<Snapshot, GalleryError>,
    ) -> Result<(), GalleryError> {
        let Some(snapshot) = self.loaded() else { return Ok(()) };
        let changed = change(&snapshot).map(Arc::new);
        // The disk is authoritative. If memory cannot follow it, the snapshot is loaded again.
        self.replace(changed.as_ref().ok().cloned());
        changed.map(drop)
    }
}

//! An open gallery: its records, and the current snapshot for searches.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::load;
use super::matrix::VectorPrecision;
use super::snapshot::Snapshot;
use super::store::{Header, Store};
use crate::domain::{
    ContentHash, Embedding, EmbeddingSpace, Fingerprint, PersonId, PhotoId, Progress, Relationship,
};
use crate::gallery::error::GalleryError;
use crate::gallery::photo::NewPhoto;

/// An open gallery. One process has it open at a time. Its threads share it, with one writer at a
/// time.
pub struct Gallery {
    pub(in crate::gallery) store: Arc<Store>,
    pub(in crate::gallery) space: EmbeddingSpace,
    pub(in crate::gallery) bundle: PathBuf,
    pub(in crate::gallery) precision: VectorPrecision,
    /// Locked during a write.
    writer: Mutex<()>,
    /// The current snapshot; `None` until the first request.
    current: RwLock<Option<Arc<Snapshot>>>,
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
    pub fn with_precision(self, precision: VectorPrecision) -> Self {
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
        let precision = VectorPrecision::Full;
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
        let mut embeddings = Vec::new();
        for (backbone, &width) in (0..).zip(&self.space.dimensions) {
            let values = self.store.embedding(photo.ordinal, backbone, width)?;
            embeddings.push(Embedding::from_unit(values).map_err(GalleryError::BadEmbedding)?);
        }
        Ok(Some(embeddings))
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
    /// - [`GalleryError::FaceCount`] if a photo does not have exactly one face.
    /// - [`GalleryError::WrongDimension`] if the embeddings are not of this gallery's space.
    /// - [`GalleryError::Store`] if the store fails.
    pub fn add_photos(&self, photos: Vec<NewPhoto>) -> Result<(), GalleryError> {
        for photo in &photos {
            self.check(photo)?;
        }
        let _writer = self.writer();
        let ordinals = self.store.put_photos(&photos)?;
        self.update(|snapshot| Ok(snapshot.with(&photos, &ordinals)))
    }

    /// Checks that a photo has one face, with embeddings of this gallery's widths.
    fn check(&self, NewPhoto { id, photo }: &NewPhoto) -> Result<(), GalleryError> {
        let [face] = photo.faces.as_slice() else {
            return Err(GalleryError::FaceCount { id: id.clone(), found: photo.faces.len() });
        };
        let found: Vec<usize> = face.embeddings.iter().map(Embedding::dimension).collect();
        if found == self.space.dimensions {
            return Ok(());
        }
        Err(GalleryError::WrongDimension { expected: self.space.dimensions.clone(), found })
    }

    /// Adds kin pairs. A pair replaces an earlier one of the same two people.
    ///
    /// They are on disk when this returns. The people need no photos.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails.
    pub fn add_relationships(&self, pairs: &[Relationship]) -> Result<(), GalleryError> {
        let _writer = self.writer();
        self.store.put_relationships(pairs)?;
        self.update(|snapshot| Ok(snapshot.with_listed(load::listed_pairs(&self.store)?)))
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
    pub(in crate::gallery) fn writer(&self) -> MutexGuard<'_, ()> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn loaded(&self) -> Option<Arc<Snapshot>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the current snapshot, for a writer.
    pub(in crate::gallery) fn load(&self) -> Result<Arc<Snapshot>, GalleryError> {
        if let Some(snapshot) = self.loaded() {
            return Ok(snapshot);
        }
        let snapshot = Arc::new(load::load(&self.store, &self.space.dimensions, self.precision)?);
        self.replace(Some(Arc::clone(&snapshot)));
        Ok(snapshot)
    }

    pub(in crate::gallery) fn replace(&self, snapshot: Option<Arc<Snapshot>>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }

    /// Applies a write to the snapshot in memory, if one is loaded.
    pub(in crate::gallery) fn update(
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

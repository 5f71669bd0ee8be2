//! An open gallery: its store, and the current snapshot for searches.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::load;
use super::matrix::VectorPrecision;
use super::snapshot::Snapshot;
use super::store::{Header, Store};
use crate::domain::{EmbeddingSpace, Fingerprint, Progress};
use crate::gallery::error::GalleryError;
use crate::gallery::interface::Gallery as _;

/// An open gallery in a folder of this machine.
///
/// One process has it open at a time. Its threads share it, with one writer at a time.
pub struct EmbeddedGallery {
    pub(in crate::gallery) store: Arc<Store>,
    pub(in crate::gallery) space: EmbeddingSpace,
    pub(in crate::gallery) bundle: PathBuf,
    pub(in crate::gallery) precision: VectorPrecision,
    /// Locked during a write.
    writer: Mutex<()>,
    /// The current snapshot; `None` until the first request.
    current: RwLock<Option<Arc<Snapshot>>>,
}

impl EmbeddedGallery {
    /// Opens the gallery at `path` for writing, or creates it.
    ///
    /// `space` is the embedding space of the bundle in the folder `bundle`.
    ///
    /// # Errors
    /// - [`GalleryError::OtherBundle`] if it was made with another bundle.
    /// - [`GalleryError::Store`] if it is in use, damaged or of a newer schema, or `path` holds other
    ///   files.
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

    /// Returns the current snapshot.
    pub(in crate::gallery) fn snapshot(&self) -> Result<Arc<Snapshot>, GalleryError> {
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
        let snapshot = Arc::new(load::load(&self.store, &self.space, self.precision)?);
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

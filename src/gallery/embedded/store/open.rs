//! Creates and opens a store.

use std::fs::{self, DirEntry, File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use super::error::StoreError;
use super::guard::guarded;
use super::manifest::{FILE, GalleryManifest};
use super::migrate::migrate;
use super::records::{Counts, Header};
use super::trees::Store;
use super::{codec, database, keys, rewrite};

/// Lock file of the process that has the gallery open.
const LOCK: &str = "gallery.lock";
/// Number of attempts to get the lock.
///
/// A lock briefly outlives its owner: a process that the owner was starting still shares its files.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(50);
/// Files that distinguish a gallery from other folders.
const GALLERY_FILES: [&str; 3] = [database::FOLDER, rewrite::OLD, FILE];

/// Treatment of a missing gallery.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OpenMode {
    /// A missing gallery is an error.
    Existing,
    /// A missing gallery is created.
    Create,
}

impl Store {
    /// Opens the gallery at `path`, or creates it with `header` if there is none.
    ///
    /// # Errors
    /// - The errors of [`Self::open`].
    /// - [`StoreError::NotAGallery`] if `path` is a file, or a folder with other files.
    pub(in crate::gallery) fn open_or_create(
        path: &Path,
        header: &Header,
    ) -> Result<Self, StoreError> {
        let (store, manifest) = Self::open_files(path, OpenMode::Create)?;
        if !store.has_begun()? && manifest.as_ref().is_none_or(GalleryManifest::is_new) {
            store.put_header(header)?;
            return Ok(store);
        }
        store.checked(manifest.as_ref())
    }

    /// Opens the gallery at `path`.
    ///
    /// # Errors
    /// - [`StoreError::NoGallery`] if there is no gallery.
    /// - [`StoreError::InUse`] if it is open in another process.
    /// - [`StoreError::NewerSchema`] if it has a newer schema.
    /// - [`StoreError::Corrupt`], [`StoreError::BadManifest`] or [`StoreError::LostRecords`] if it is damaged.
    /// - [`StoreError::Io`] if it is not writable.
    pub(in crate::gallery) fn open(path: &Path) -> Result<Self, StoreError> {
        let (store, manifest) = Self::open_files(path, OpenMode::Existing)?;
        if !store.has_begun()? && manifest.as_ref().is_none_or(GalleryManifest::is_new) {
            // Killed between the first file and the header: the gallery holds nothing.
            return Err(StoreError::NoGallery { path: path.to_owned() });
        }
        store.checked(manifest.as_ref())
    }

    /// Opens the gallery at `path`, and re-creates its manifest and counts from its records.
    ///
    /// The old manifest and counts are not checked. Embeddings without a photo are deleted, and so
    /// are all segments. Other records do not change.
    ///
    /// # Errors
    /// - [`StoreError::NoGallery`] if there is no gallery.
    /// - [`StoreError::Corrupt`] if its records are damaged.
    pub(in crate::gallery) fn recount(path: &Path) -> Result<Self, StoreError> {
        let lock = lock(path, OpenMode::Existing)?;
        rewrite::settle(path)?;
        if !database::exists(path) {
            return Err(StoreError::NoGallery { path: path.to_owned() });
        }
        let store = Self::with(path, lock)?;
        if !store.has_begun()? {
            return Err(StoreError::NoGallery { path: path.to_owned() });
        }
        let header = store.header()?;
        store.delete_orphans()?;
        store.clear_segments()?;
        let counts = Counts {
            commits: store.counts().map_or(0, |counts| counts.commits) + 1,
            photos: store.photos()?.len() as u64,
            relationships: store.relationships()?.len() as u64,
        };
        let bytes = codec::encode(&counts)?;
        guarded(|| Ok(store.meta.insert(keys::COUNTS, bytes)?))?;
        store.put_header(&header)?;
        Ok(store)
    }

    /// Returns whether the header is stored. It is written before any photo.
    fn has_begun(&self) -> Result<bool, StoreError> {
        guarded(|| Ok(self.meta.contains_key(keys::HEADER)? || !self.photos.is_empty()))
    }

    fn open_files(
        path: &Path,
        mode: OpenMode,
    ) -> Result<(Self, Option<GalleryManifest>), StoreError> {
        let lock = lock(path, mode)?;
        rewrite::settle(path)?;
        let manifest = GalleryManifest::read(path)?;
        if !database::exists(path) {
            match &manifest {
                Some(manifest) if !manifest.is_new() => return Err(manifest.lost(0, path)),
                _ if mode == OpenMode::Create => {}
                _ => return Err(StoreError::NoGallery { path: path.to_owned() }),
            }
        }
        Ok((Self::with(path, lock)?, manifest))
    }

    pub(super) fn with(path: &Path, lock: File) -> Result<Self, StoreError> {
        let db = database::open(path, database::FOLDER)?;
        guarded(|| migrate(&db))?;
        guarded(|| {
            Ok(Self {
                path: path.to_owned(),
                meta: db.open_tree("meta")?,
                photos: db.open_tree("photos")?,
                embeddings: db.open_tree("embeddings")?,
                thumbnails: db.open_tree("thumbnails")?,
                relationships: db.open_tree("relationships")?,
                segments: db.open_tree("segments")?,
                db,
                lock,
            })
        })
    }

    /// Checks the store against its manifest. Writes the manifest if an old gallery has none.
    fn checked(self, manifest: Option<&GalleryManifest>) -> Result<Self, StoreError> {
        let header = match (self.header(), manifest) {
            (Err(_), Some(manifest)) if !self.has_begun()? => {
                return Err(manifest.lost(0, &self.path));
            }
            (header, _) => header?,
        };
        let counts = self.counts()?;
        GalleryManifest::check(manifest, &header, counts, &self.path)?;
        if manifest.is_none() {
            GalleryManifest::new(&header, counts).write(&self.path)?;
        }
        Ok(self)
    }
}

/// Locks the gallery at `path` for this process. [`OpenMode::Create`] creates a missing folder.
fn lock(path: &Path, mode: OpenMode) -> Result<File, StoreError> {
    let is_gallery = |name: &str| path.join(name).exists();
    if !GALLERY_FILES.iter().any(|name| is_gallery(name)) {
        prepare(path, mode)?;
    }
    let failed = |source| StoreError::Io { path: path.to_owned(), source };
    let file = File::options().create(true).append(true).open(path.join(LOCK)).map_err(failed)?;
    for attempt in 1..=LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if attempt < LOCK_TRIES => sleep(LOCK_PAUSE),
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::InUse { path: path.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
    }
    Ok(file)
}

/// Checks that a gallery may be created at `path`.
fn prepare(path: &Path, mode: OpenMode) -> Result<(), StoreError> {
    let failed = |source| StoreError::Io { path: path.to_owned(), source };
    match fs::read_dir(path) {
        Err(error) if error.kind() == ErrorKind::NotFound && mode == OpenMode::Create => {
            fs::create_dir_all(path).map_err(failed)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(StoreError::NoGallery { path: path.to_owned() })
        }
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            Err(StoreError::NotAGallery { path: path.to_owned() })
        }
        Err(error) => Err(failed(error)),
        // A gallery has only a lock if its creation was killed early.
        Ok(mut entries) => match entries.find(|entry| !entry.as_ref().is_ok_and(is_lock)) {
            None if mode == OpenMode::Create => Ok(()),
            None => Err(StoreError::NoGallery { path: path.to_owned() }),
            Some(_) => Err(StoreError::NotAGallery { path: path.to_owned() }),
        },
    }
}

fn is_lock(entry: &DirEntry) -> bool {
    entry.file_name() == LOCK
}

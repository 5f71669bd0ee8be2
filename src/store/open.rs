//! Creating and opening a store.

use std::fs;
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use super::migrate::migrate;
use super::{Header, Store, StoreError, keys};

/// The folder of sled's files inside a gallery.
const FOLDER: &str = "store";

/// sled keeps this much of its pages in memory.
const CACHE_BYTES: u64 = 64 << 20;

/// sled gives its lock back a moment after the last handle is dropped.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

impl Store {
    /// Opens the gallery at `path`, or creates it with `header` where there is none.
    ///
    /// # Errors
    /// As [`Self::open`]; and when `path` is a file or a folder with something else in it.
    pub fn open_or_create(path: &Path, header: &Header) -> Result<Self, StoreError> {
        let store = Self::open_files(path, true)?;
        if store.meta.get(keys::HEADER)?.is_none() && store.photos.is_empty() {
            store.put_header(header)?;
        }
        Ok(store)
    }

    /// Opens the gallery at `path`.
    ///
    /// # Errors
    /// When there is none, it is open in another process, has a newer schema, is damaged, or may not be written.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let store = Self::open_files(path, false)?;
        if store.meta.get(keys::HEADER)?.is_none() && store.photos.is_empty() {
            // Killed between the first file and the header: as good as never made.
            return Err(StoreError::NoGallery { path: path.to_owned() });
        }
        Ok(store)
    }

    fn open_files(path: &Path, create: bool) -> Result<Self, StoreError> {
        let folder = path.join(FOLDER);
        if !folder.join("conf").is_file() {
            prepare(path, create)?;
        }
        let db = open_locked(path, &folder)?;
        migrate(&db)?;
        Ok(Self {
            meta: db.open_tree("meta")?,
            photos: db.open_tree("photos")?,
            embeddings: db.open_tree("embeddings")?,
            relationships: db.open_tree("relationships")?,
            graphs: db.open_tree("graphs")?,
            db,
        })
    }
}

/// Checks that a gallery may be made at `path`.
fn prepare(path: &Path, create: bool) -> Result<(), StoreError> {
    let failed = |source| StoreError::Io { path: path.to_owned(), source };
    let not_a_gallery = || StoreError::NotAGallery { path: path.to_owned() };
    match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && create => {
            fs::create_dir_all(path).map_err(failed)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(StoreError::NoGallery { path: path.to_owned() })
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Err(not_a_gallery()),
        Err(error) => Err(failed(error)),
        Ok(mut entries) => match entries.next() {
            None if create => Ok(()),
            None => Err(StoreError::NoGallery { path: path.to_owned() }),
            // A gallery that was killed before sled had written its first file.
            Some(Ok(entry)) if entry.file_name() == FOLDER && create => Ok(()),
            Some(_) => Err(not_a_gallery()),
        },
    }
}

fn open_locked(path: &Path, folder: &Path) -> Result<sled::Db, StoreError> {
    // Every write here is followed by an explicit flush, so sled's own timer has nothing to do.
    let config = sled::Config::new().path(folder).cache_capacity(CACHE_BYTES).flush_every_ms(None);
    for _ in 1..LOCK_TRIES {
        match config.open() {
            Err(sled::Error::Io(error)) if is_lock(&error) => sleep(LOCK_PAUSE),
            other => return other.map_err(|error| opening(path, error)),
        }
    }
    config.open().map_err(|error| opening(path, error))
}

fn opening(path: &Path, error: sled::Error) -> StoreError {
    match error {
        sled::Error::Io(error) if is_lock(&error) => StoreError::InUse { path: path.to_owned() },
        sled::Error::Io(source) => StoreError::Io { path: path.to_owned(), source },
        other => other.into(),
    }
}

/// sled 0.34 names its lock only in the text of the error.
fn is_lock(error: &io::Error) -> bool {
    error.to_string().contains("could not acquire lock")
}

//! Creating and opening a store.

use std::fs::{self, DirEntry, File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use super::guard::guarded;
use super::manifest::{FILE, Manifest};
use super::migrate::migrate;
use super::{Counts, Header, Store, StoreError, codec, database, keys, rewrite};

/// The file that is locked by the process that has the gallery.
const LOCK: &str = "gallery.lock";
/// A lock outlasts its owner for as long as a process that the owner was about to start shares its files: a moment.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(50);
/// What tells a gallery from other folders.
const GALLERY_FILES: [&str; 3] = [database::FOLDER, rewrite::OLD, FILE];

impl Store {
    /// Opens the gallery at `path`, or creates it with `header` where there is none.
    ///
    /// # Errors
    /// As [`Self::open`]; and when `path` is a file or a folder with something else in it.
    pub fn open_or_create(path: &Path, header: &Header) -> Result<Self, StoreError> {
        let (store, manifest) = Self::open_files(path, true)?;
        if !store.has_begun()? && manifest.as_ref().is_none_or(Manifest::is_new) {
            store.put_header(header)?;
            return Ok(store);
        }
        store.checked(manifest.as_ref())
    }

    /// Opens the gallery at `path`.
    ///
    /// # Errors
    /// When there is none, it is open in another process, has a newer schema, is damaged or has lost records, or may not
    /// be written.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let (store, manifest) = Self::open_files(path, false)?;
        if !store.has_begun()? && manifest.as_ref().is_none_or(Manifest::is_new) {
            // Killed between the first file and the header: as good as never made.
            return Err(StoreError::NoGallery { path: path.to_owned() });
        }
        store.checked(manifest.as_ref())
    }

    /// Opens the gallery at `path`, whatever its manifest and its counts say, and makes these and nothing else anew from its
    /// records; embeddings that no photo has any more go, and so do the segments.
    ///
    /// # Errors
    /// When there is no gallery, or its records are damaged.
    pub fn recount(path: &Path) -> Result<Self, StoreError> {
        let lock = lock(path, false)?;
        rewrite::settle(path)?;
        if !database::exists(path) {
            return Err(StoreError::NoGallery { path: path.to_owned() });
        }
        let store = Self::with(path, lock)?;
        if !store.has_begun()? {
            return Err(StoreError::NoGallery { path: path.to_owned() });
        }
        let header = store.header()?;
        store.remove_orphans()?;
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

    /// Whether what the gallery was made with is written down, which comes before any photo.
    fn has_begun(&self) -> Result<bool, StoreError> {
        guarded(|| Ok(self.meta.contains_key(keys::HEADER)? || !self.photos.is_empty()))
    }

    fn open_files(path: &Path, create: bool) -> Result<(Self, Option<Manifest>), StoreError> {
        let lock = lock(path, create)?;
        rewrite::settle(path)?;
        let manifest = Manifest::read(path)?;
        if !database::exists(path) {
            match &manifest {
                Some(manifest) if !manifest.is_new() => return Err(manifest.lost(0, path)),
                _ if create => {}
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

    /// The store, if it has what the manifest tells; writes the manifest of a gallery of a time that had none.
    fn checked(self, manifest: Option<&Manifest>) -> Result<Self, StoreError> {
        let header = match (self.header(), manifest) {
            (Err(_), Some(manifest)) if !self.has_begun()? => {
                return Err(manifest.lost(0, &self.path));
            }
            (header, _) => header?,
        };
        let counts = self.counts()?;
        Manifest::check(manifest, (&header, counts), &self.path)?;
        if manifest.is_none() {
            Manifest::of(&header, counts).write(&self.path)?;
        }
        Ok(self)
    }
}

/// Holds the gallery at `path` for this process; its folder is made where there is none and one may be made.
fn lock(path: &Path, create: bool) -> Result<File, StoreError> {
    let is_gallery = |name: &str| path.join(name).exists();
    if !GALLERY_FILES.iter().any(|name| is_gallery(name)) {
        prepare(path, create)?;
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

/// Checks that a gallery may be made at `path`.
fn prepare(path: &Path, create: bool) -> Result<(), StoreError> {
    let failed = |source| StoreError::Io { path: path.to_owned(), source };
    match fs::read_dir(path) {
        Err(error) if error.kind() == ErrorKind::NotFound && create => {
            fs::create_dir_all(path).map_err(failed)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(StoreError::NoGallery { path: path.to_owned() })
        }
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            Err(StoreError::NotAGallery { path: path.to_owned() })
        }
        Err(error) => Err(failed(error)),
        // A gallery that was killed before it had anything else has a lock.
        Ok(mut entries) => match entries.find(|entry| !entry.as_ref().is_ok_and(is_lock)) {
            None if create => Ok(()),
            None => Err(StoreError::NoGallery { path: path.to_owned() }),
            Some(_) => Err(StoreError::NotAGallery { path: path.to_owned() }),
        },
    }
}

fn is_lock(entry: &DirEntry) -> bool {
    entry.file_name() == LOCK
}

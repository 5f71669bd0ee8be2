//! A database written anew.
//!
//! sled gives back the room of what was removed or replaced late or never, and until then the bytes stay in its files. A new
//! database with the same records has neither.

use std::fs;
use std::path::Path;

use super::guard::guarded;
use super::{Store, StoreError, database};

/// Where the new database is made, and where the old one waits until the new one is in its place.
const NEW: &str = "store.new";
pub(super) const OLD: &str = "store.old";

impl Store {
    /// Copies all records into a new database, which takes the place of this one, and opens that. Whatever ends the program
    /// meanwhile, one of the two is there when the gallery is opened again.
    ///
    /// # Errors
    /// When reading or writing fails; then the old one stays.
    pub fn rewrite(self) -> Result<Self, StoreError> {
        let path = self.path.clone();
        let copy = database::open(&path, NEW)?;
        guarded(|| self.copy_to(&copy))?;
        drop(copy);
        // sled's files are given back with the last of its handles.
        let Self {
            lock, db, meta, photos, embeddings, thumbnails, relationships, segments, ..
        } = self;
        drop((db, meta, photos, embeddings, thumbnails, relationships, segments));
        let failed = |source| StoreError::Io { path: path.clone(), source };
        fs::rename(path.join(database::FOLDER), path.join(OLD)).map_err(failed)?;
        fs::rename(path.join(NEW), path.join(database::FOLDER)).map_err(failed)?;
        settle(&path)?;
        Self::with(&path, lock)
    }

    fn copy_to(&self, copy: &sled::Db) -> Result<(), StoreError> {
        for name in self.db.tree_names() {
            let (from, to) = (self.db.open_tree(&name)?, copy.open_tree(&name)?);
            for entry in from.iter() {
                let (key, value) = entry?;
                to.insert(key, value)?;
            }
        }
        copy.flush()?;
        Ok(())
    }
}

/// Brings a rewriting that was interrupted to an end: the new database where it was in place, else the old one.
pub(super) fn settle(path: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::Io { path: path.to_owned(), source };
    let [old, new] = [OLD, NEW].map(|name| path.join(name));
    if old.is_dir() && !database::exists(path) {
        fs::rename(&old, path.join(database::FOLDER)).map_err(failed)?;
    }
    for left in [old, new].iter().filter(|left| left.is_dir()) {
        fs::remove_dir_all(left).map_err(failed)?;
    }
    Ok(())
}

//! Rewrites the database.
//!
//! sled releases the space of deleted or replaced records late or never. Until then the bytes stay
//! in its files. A new database with the same records has neither the space nor the bytes.

use std::fs;
use std::path::Path;

use super::database;
use super::error::StoreError;
use super::guard::guarded;
use super::trees::Store;

/// Folders of the new database, and of the old one during the replacement.
const NEW: &str = "store.new";
pub(super) const OLD: &str = "store.old";

impl Store {
    /// Copies all records into a new database, replaces this one with it, and opens it.
    ///
    /// If the program ends meanwhile, one of the two is opened next time.
    ///
    /// # Errors
    /// [`StoreError::Database`] or [`StoreError::Io`] if reading or writing fails. Then the old one
    /// stays.
    pub(in crate::gallery) fn rewrite(self) -> Result<Self, StoreError> {
        let path = self.path.clone();
        let copy = database::open(&path, NEW)?;
        guarded(|| self.copy_to(&copy))?;
        drop(copy);
        // sled closes its files with the last of its handles.
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
            let from = self.db.open_tree(&name)?;
            let to = copy.open_tree(&name)?;
            for entry in from.iter() {
                let (key, value) = entry?;
                to.insert(key, value)?;
            }
        }
        copy.flush()?;
        Ok(())
    }
}

/// Completes an interrupted rewrite: the new database if it was in position, else the old one.
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

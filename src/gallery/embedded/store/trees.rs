//! An open store: its trees, and transactions on them.

use std::fs::File;
use std::path::{Path, PathBuf};

use sled::transaction::{
    ConflictableTransactionError, TransactionError, TransactionResult, TransactionalTree,
};

use super::error::StoreError;
use super::guard::guarded;
use super::manifest::GalleryManifest;
use super::records::{Counts, Header};
use super::{codec, keys, migrate};

/// An open store. One process has it open at a time.
pub(in crate::gallery) struct Store {
    pub(super) path: PathBuf,
    pub(super) db: sled::Db,
    pub(super) meta: sled::Tree,
    pub(super) photos: sled::Tree,
    pub(super) embeddings: sled::Tree,
    pub(super) thumbnails: sled::Tree,
    pub(super) relationships: sled::Tree,
    pub(super) segments: sled::Tree,
    /// Locked as long as the store is open.
    pub(super) lock: File,
}

pub(super) type InTransaction<T> = Result<T, ConflictableTransactionError<StoreError>>;

impl Store {
    /// Returns the header: the bundle of the gallery.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if it is missing or damaged.
    pub(in crate::gallery) fn header(&self) -> Result<Header, StoreError> {
        let bytes = guarded(|| Ok(self.meta.get(keys::HEADER)?))?;
        let bytes =
            bytes.ok_or(StoreError::Corrupt { what: "the gallery's header is missing".into() })?;
        codec::decode(&bytes, "the gallery's header")
    }

    /// Replaces the header.
    ///
    /// # Errors
    /// [`StoreError::Database`] if writing fails.
    pub(in crate::gallery) fn put_header(&self, header: &Header) -> Result<(), StoreError> {
        let bytes = codec::encode(header)?;
        guarded(|| Ok(self.meta.insert(keys::HEADER, bytes)?))?;
        self.flush()?;
        GalleryManifest::new(header, self.counts()?).write(&self.path)
    }

    /// Returns the expected record counts.
    ///
    /// # Errors
    /// - [`StoreError::Database`] if reading fails.
    /// - [`StoreError::Corrupt`] if the count is damaged.
    pub(in crate::gallery) fn counts(&self) -> Result<Counts, StoreError> {
        let bytes = guarded(|| Ok(self.meta.get(keys::COUNTS)?))?;
        let Some(bytes) = bytes else { return Ok(Counts::default()) };
        codec::decode(&bytes, "the count of the records")
    }

    /// The schema of every open store: the newest one.
    pub(in crate::gallery) fn schema(&self) -> u32 {
        migrate::SUPPORTED
    }

    /// The gallery's folder.
    pub(in crate::gallery) fn path(&self) -> &Path {
        &self.path
    }

    /// The error of a store that is still being read elsewhere.
    pub(in crate::gallery) fn in_use(&self) -> StoreError {
        StoreError::InUse { path: self.path.clone() }
    }

    /// Returns the bytes on disk.
    ///
    /// # Errors
    /// [`StoreError::Database`] if the files cannot be inspected.
    pub(in crate::gallery) fn disk_bytes(&self) -> Result<u64, StoreError> {
        Ok(self.db.size_on_disk()?)
    }

    /// Runs a transaction, flushes it to disk, and updates the manifest.
    ///
    /// Returns the result of the transaction without the new count.
    pub(super) fn commit<T>(
        &self,
        transaction: impl FnOnce() -> TransactionResult<(T, Counts), StoreError>,
    ) -> Result<T, StoreError> {
        let (result, counts) = guarded(|| {
            transaction().map_err(|error| match error {
                TransactionError::Abort(error) => error,
                TransactionError::Storage(error) => error.into(),
            })
        })?;
        self.flush()?;
        GalleryManifest::new(&self.header()?, counts).write(&self.path)?;
        Ok(result)
    }

    pub(super) fn flush(&self) -> Result<(), StoreError> {
        guarded(|| {
            self.db.flush()?;
            Ok(())
        })
    }
}

/// Applies `change` to the record counts in a transaction. Returns the new counts.
pub(super) fn count(
    meta: &TransactionalTree,
    change: impl FnOnce(&mut Counts),
) -> InTransaction<Counts> {
    let mut counts = match meta.get(keys::COUNTS)? {
        Some(bytes) => codec::decode(&bytes, "the count of the records").map_err(abort)?,
        None => Counts::default(),
    };
    change(&mut counts);
    counts.commits += 1;
    meta.insert(keys::COUNTS, codec::encode(&counts).map_err(abort)?)?;
    Ok(counts)
}

pub(super) fn abort(error: StoreError) -> ConflictableTransactionError<StoreError> {
    ConflictableTransactionError::Abort(error)
}

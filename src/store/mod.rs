//! A gallery's records on disk, in sled: the truth everything else is derived from.
//!
//! This is the only room that knows sled and bincode. Every value carries a version and a checksum (`codec.rs`), stays
//! within 16 KiB (sled leaks space where larger ones are rewritten), and is written in a transaction that is flushed
//! before the call returns. With each transaction the records are counted, and a manifest beside sled's folder tells the
//! count (`manifest.rs`): a database that was cut short opens without an error in sled, but not here. Every call of sled is
//! guarded (`guard.rs`): it panics on some damaged files.

mod codec;
mod database;
mod error;
mod guard;
mod keys;
mod manifest;
mod migrate;
mod open;
mod photos;
mod records;
mod relationships;
mod rewrite;
mod segments;

use std::fs::File;
use std::path::{Path, PathBuf};

use sled::transaction::{
    ConflictableTransactionError, TransactionError, TransactionResult, TransactionalTree,
};

pub use error::StoreError;
pub use records::{Counts, GraphLayer, Header, NewPhoto, Photo, Removed, Segment};
pub use segments::Stamp;

use guard::guarded;
use manifest::Manifest;

/// An open store. One process has it at a time.
pub struct Store {
    path: PathBuf,
    db: sled::Db,
    meta: sled::Tree,
    photos: sled::Tree,
    embeddings: sled::Tree,
    thumbnails: sled::Tree,
    relationships: sled::Tree,
    segments: sled::Tree,
    /// Locked as long as the store is open.
    lock: File,
}

type InTransaction<T> = Result<T, ConflictableTransactionError<StoreError>>;

impl Store {
    /// What the gallery was made with.
    ///
    /// # Errors
    /// When it is missing or damaged.
    pub fn header(&self) -> Result<Header, StoreError> {
        let bytes = guarded(|| Ok(self.meta.get(keys::HEADER)?))?;
        let bytes =
            bytes.ok_or(StoreError::Corrupt { what: "the gallery's header is missing".into() })?;
        codec::decode(&bytes, "the gallery's header")
    }

    /// Replaces what is said of what the gallery was made with.
    ///
    /// # Errors
    /// When writing fails.
    pub fn put_header(&self, header: &Header) -> Result<(), StoreError> {
        let bytes = codec::encode(header)?;
        guarded(|| Ok(self.meta.insert(keys::HEADER, bytes)?))?;
        self.flush()?;
        Manifest::of(header, self.counts()?).write(&self.path)
    }

    /// How many records there are to be.
    ///
    /// # Errors
    /// When reading fails, or the count is damaged.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        let bytes = guarded(|| Ok(self.meta.get(keys::COUNTS)?))?;
        let Some(bytes) = bytes else { return Ok(Counts::default()) };
        codec::decode(&bytes, "the count of the records")
    }

    /// The schema of every open store: the newest one.
    pub fn schema(&self) -> u32 {
        migrate::SUPPORTED
    }

    /// The gallery's folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The error of a store that somebody else still reads.
    pub fn in_use(&self) -> StoreError {
        StoreError::InUse { path: self.path.clone() }
    }

    /// Bytes on disk.
    ///
    /// # Errors
    /// When the files cannot be looked at.
    pub fn disk_bytes(&self) -> Result<u64, StoreError> {
        Ok(self.db.size_on_disk()?)
    }

    /// Runs a transaction, puts what it wrote on disk, and tells the manifest of it. Returns what it says beside the new
    /// count.
    fn commit<T>(
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
        Manifest::of(&self.header()?, counts).write(&self.path)?;
        Ok(result)
    }

    fn flush(&self) -> Result<(), StoreError> {
        guarded(|| {
            self.db.flush()?;
            Ok(())
        })
    }
}

/// Lets `change` say what a commit changes in the count; returns the new one.
fn count(meta: &TransactionalTree, change: impl FnOnce(&mut Counts)) -> InTransaction<Counts> {
    let mut counts = match meta.get(keys::COUNTS)? {
        Some(bytes) => codec::decode(&bytes, "the count of the records").map_err(abort)?,
        None => Counts::default(),
    };
    change(&mut counts);
    counts.commits += 1;
    meta.insert(keys::COUNTS, codec::encode(&counts).map_err(abort)?)?;
    Ok(counts)
}

fn abort(error: StoreError) -> ConflictableTransactionError<StoreError> {
    ConflictableTransactionError::Abort(error)
}

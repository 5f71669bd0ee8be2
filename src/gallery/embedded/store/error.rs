//! Errors of a store.

use std::path::PathBuf;

use crate::error::{Classify, ErrorKind, io_kind};

/// Why a store cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no gallery at this path.
    #[error(
        "no gallery at {}; make one with `kindred ingest --photos DIR --gallery {}`",
        path.display(),
        path.display()
    )]
    NoGallery {
        /// The path.
        path: PathBuf,
    },
    /// The path holds something else.
    #[error("{} is not a gallery and not empty; choose a new or empty folder", path.display())]
    NotAGallery {
        /// The path.
        path: PathBuf,
    },
    /// Another process has the gallery open.
    #[error(
        "the gallery {} is open in another process; \
         stop that one first, or send it requests over HTTP",
        path.display()
    )]
    InUse {
        /// The gallery.
        path: PathBuf,
    },
    /// A later version of this program wrote it.
    #[error(
        "the gallery has schema {found}, this program knows up to {supported}; \
         use a newer version of kindred"
    )]
    NewerSchema {
        /// Schema of the store.
        found: u32,
        /// Newest supported schema.
        supported: u32,
    },
    /// Stored bytes are corrupt.
    #[error(
        "the gallery is damaged: {what}; \
         restore it from a copy, or ingest the photos into a new one"
    )]
    Corrupt {
        /// The damaged item.
        what: String,
    },
    /// A search graph or its vector file is corrupt. The photos may be intact.
    #[error(
        "the search index of the gallery is damaged; \
         run `kindred gallery rebuild {}` to build it again",
        path.display()
    )]
    DamagedGraph {
        /// The gallery.
        path: PathBuf,
    },
    /// The database has fewer records than were stored.
    #[error(
        "the gallery {} has lost records: \
         it should have {expected} photos, and its database has {found}; \
         restore the folder from a copy, or ingest the photos into a new one",
        path.display()
    )]
    LostRecords {
        /// The gallery.
        path: PathBuf,
        /// Photos that were stored.
        expected: u64,
        /// Photos that are counted in the database.
        found: u64,
    },
    /// The manifest file of the database is missing, damaged or another gallery's.
    #[error(
        "{} is missing, damaged or another gallery's; restore it from a copy, or run \
         `kindred gallery rebuild` on the gallery to write it again from the database",
        path.display()
    )]
    BadManifest {
        /// The file.
        path: PathBuf,
    },
    /// The operating system returned an error.
    #[error("cannot use the gallery {}: {source}", path.display())]
    Io {
        /// The gallery.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// sled failed while the store was open.
    #[error("the gallery's database failed: {0}")]
    Database(sled::Error),
}

impl Classify for StoreError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoGallery { .. } => ErrorKind::NotFound,
            Self::NotAGallery { .. } | Self::InUse { .. } => ErrorKind::Conflict,
            Self::NewerSchema { .. } => ErrorKind::Incompatible,
            Self::Corrupt { .. }
            | Self::DamagedGraph { .. }
            | Self::LostRecords { .. }
            | Self::BadManifest { .. } => ErrorKind::Corrupt,
            Self::Io { source, .. } => io_kind(source),
            Self::Database(sled::Error::Io(_)) => ErrorKind::Unavailable,
            Self::Database(_) => ErrorKind::Internal,
        }
    }
}

impl From<sled::Error> for StoreError {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Corruption { at, .. } => {
                Self::Corrupt { what: format!("its database file has a bad page at {at:?}") }
            }
            other => Self::Database(other),
        }
    }
}

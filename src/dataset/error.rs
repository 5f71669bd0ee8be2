//! Errors of a photo collection.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Classify, ErrorKind, io_kind};

/// Reason why a collection of photos or a list of kin cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The folder, archive or list cannot be opened or read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// Path of the folder, archive or list.
        path: PathBuf,
        /// Reason from the operating system.
        source: io::Error,
    },
    /// A list cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// Path of the list.
        path: PathBuf,
        /// Reason from the operating system.
        source: io::Error,
    },
    /// The file is not a zip archive, or a damaged one.
    #[error("{} is neither a folder nor an intact zip archive: {reason}", path.display())]
    BadArchive {
        /// The file.
        path: PathBuf,
        /// The archive reader's reason.
        reason: String,
    },
    /// The folder or archive has no photos.
    #[error("no photos in {}; give a folder or zip with photos in it", path.display())]
    NoPhotos {
        /// The folder or archive.
        path: PathBuf,
    },
    /// There are photos, but none is in a member's folder of a family.
    #[error(
        "{photos} photos in {}, none of them in a family; the layout is F0001/MID1/photo.jpg \
         (a folder per family, in it a folder per person)", path.display()
    )]
    NoFamilies {
        /// The folder or archive.
        path: PathBuf,
        /// Number of photos elsewhere.
        photos: usize,
    },
    /// A line of a list is invalid.
    #[error("{} line {line}: {reason}; {form}", path.display())]
    BadList {
        /// The list.
        path: PathBuf,
        /// Line number, from 1.
        line: u64,
        /// Reason for the refusal.
        reason: String,
        /// The expected form of a line.
        form: &'static str,
    },
}

impl DatasetError {
    /// Converts an error of reading the folder, archive or list at `path`.
    pub(super) fn unreadable(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Unreadable { path: path.to_owned(), source }
    }

    /// Converts an error of writing the list at `path`.
    pub(super) fn unwritable<E: Into<io::Error>>(path: &Path) -> impl Fn(E) -> Self {
        move |error| Self::Unwritable { path: path.to_owned(), source: error.into() }
    }
}

impl Classify for DatasetError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unreadable { source, .. } | Self::Unwritable { source, .. } => io_kind(source),
            Self::BadArchive { .. }
            | Self::NoPhotos { .. }
            | Self::NoFamilies { .. }
            | Self::BadList { .. } => ErrorKind::InvalidInput,
        }
    }
}

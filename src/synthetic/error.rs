//! Errors of drawing families.

use std::path::PathBuf;

use crate::dataset::DatasetError;
use crate::error::{Classify, ErrorKind, io_kind};

/// Reason for a failed synthesis.
#[derive(Debug, thiserror::Error)]
pub enum SynthesisError {
    /// The target exists and is not an empty folder.
    #[error(
        "{} is there already and not empty; name a new folder or empty that one", path.display()
    )]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A photo or folder cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// The photo or folder.
        path: PathBuf,
        /// Reason from the operating system.
        source: std::io::Error,
    },
    /// A list cannot be written.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

impl Classify for SynthesisError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotEmpty { .. } => ErrorKind::Conflict,
            Self::Unwritable { source, .. } => io_kind(source),
            Self::Dataset(error) => error.kind(),
        }
    }
}

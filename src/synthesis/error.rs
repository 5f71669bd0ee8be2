//! What can keep families from being drawn.

use std::path::PathBuf;

use crate::dataset::DatasetError;
use crate::error::{Classify, ErrorKind, io_kind};

/// Why a collection of drawn families was not made.
#[derive(Debug, thiserror::Error)]
pub enum SynthesisError {
    /// There is something where the collection is to be.
    #[error("{} is there already and not empty; name a new folder or empty that one", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A photo or folder cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// What was to be written.
        path: PathBuf,
        /// The operating system's reason.
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

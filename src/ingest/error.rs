//! Errors of long jobs over photos.

use crate::bundle::BundleError;
use crate::dataset::DatasetError;
use crate::error::{Classify, ErrorKind};
use crate::gallery::GalleryError;

/// Why a job over a photo collection failed.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The collection cannot be used.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A backbone failed.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The gallery failed.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
}

impl Classify for IngestError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Dataset(error) => error.kind(),
            Self::Bundle(error) => error.kind(),
            Self::Gallery(error) => error.kind(),
        }
    }
}

//! Errors of a photo's road.

use crate::bundle::BundleError;
use crate::domain::EmbeddingError;
use crate::error::{Classify, ErrorKind};
use crate::photo::PhotoError;

/// Why a photo has no embedding. Other photos of the batch are not affected.
#[derive(Debug, thiserror::Error)]
pub enum Rejection {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// The file is no photo within the limits.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// There is no face in the photo.
    #[error(
        "no face found (quality {quality:.2}); give a photo, or the part of one, in which a single upright face fills most of \
         the picture"
    )]
    NoFace {
        /// Quality of the best candidate, 0 to 1.
        quality: f32,
    },
    /// A backbone's output is no direction.
    #[error(transparent)]
    Embedding(#[from] EmbeddingError),
}

/// Why a photo cannot be prepared.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The photo is unsuitable.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The bundle failed.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

impl Classify for Rejection {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unreadable(error) => crate::error::io_kind(error),
            Self::Photo(error) => error.kind(),
            Self::NoFace { .. } | Self::Embedding(_) => ErrorKind::InvalidInput,
        }
    }
}

impl Classify for PipelineError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Rejected(error) => error.kind(),
            Self::Bundle(error) => error.kind(),
        }
    }
}

impl From<PhotoError> for PipelineError {
    fn from(error: PhotoError) -> Self {
        Self::Rejected(error.into())
    }
}

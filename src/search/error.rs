//! Errors of a search.

use crate::domain::{EmbeddingError, PhotoId};
use crate::error::{Classify, ErrorKind};
use crate::gallery::GalleryError;
use crate::kinship::KinshipError;

/// Reason why a search fails.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The search needs an ensemble, and the bundle has none.
    #[error(
        "this search needs a kinship ensemble, and the bundle has none; train one with \
         `kindred train`"
    )]
    NoEnsemble,
    /// The photos of one person have no mean embedding.
    #[error("probe photos have no mean embedding; check that all show one person: {0}")]
    NoMean(#[from] EmbeddingError),
    /// A photo to be scored is not in the gallery.
    #[error("{0} is not in the gallery")]
    NotEnrolled(PhotoId),
    /// The gallery failed, or its embeddings are of another bundle.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
    /// The ensemble cannot score the faces.
    #[error(transparent)]
    Kinship(#[from] KinshipError),
}

impl Classify for SearchError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoEnsemble | Self::NoMean(_) => ErrorKind::InvalidInput,
            Self::NotEnrolled(_) => ErrorKind::NotFound,
            Self::Gallery(error) => error.kind(),
            Self::Kinship(error) => error.kind(),
        }
    }
}

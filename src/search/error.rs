//! Why a search fails.

use crate::domain::{EmbeddingError, PhotoId};
use crate::error::{Classify, ErrorKind};
use crate::kinship::KinshipError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The same person, children, parents or a probability are asked for, and nothing tells who is kin.
    #[error(
        "only a trained bundle tells the same person, children, parents and how likely somebody is kin; make one with kindred train"
    )]
    NoEnsemble,
    /// The photos of one person point in opposite directions.
    #[error("the photos of one person have nothing in common: {0}")]
    NoMean(#[from] EmbeddingError),
    /// A photo that is to be judged is not there.
    #[error("{0} is not in the gallery")]
    NotEnrolled(PhotoId),
    /// The ensemble cannot judge.
    #[error(transparent)]
    Kinship(#[from] KinshipError),
}

impl Classify for SearchError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoEnsemble | Self::NoMean(_) => ErrorKind::InvalidInput,
            Self::NotEnrolled(_) => ErrorKind::NotFound,
            Self::Kinship(error) => error.kind(),
        }
    }
}

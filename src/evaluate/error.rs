//! Why there are no figures.

use crate::dataset::DatasetError;
use crate::error::{Classify, ErrorKind};
use crate::gallery::GalleryError;
use crate::ingest::IngestError;
use crate::kinship::KinshipError;
use crate::search::SearchError;

/// Why a bundle cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// No pair of the list has both photos.
    #[error(
        "none of the {pairs} listed has all its photos under --root, the first misses {first}; give the folder that \
         the list's paths begin in"
    )]
    NoPhotos {
        /// What is listed.
        pairs: usize,
        /// A photo that is not there.
        first: String,
    },
    /// There are no kin, or no others.
    #[error("{what} needs pairs of kin and of others, and there are {kin} and {others}")]
    NoPairs {
        /// What was to be judged.
        what: &'static str,
        /// Pairs of kin.
        kin: usize,
        /// Other pairs.
        others: usize,
    },
    /// Nobody in the gallery is listed as kin to somebody else in it.
    #[error("nobody in the gallery has listed kin there; ingest with --relationships")]
    NoKin,
    /// The bundle was not trained.
    #[error("the bundle is not trained to tell kin from others; make one with kindred train")]
    NoEnsemble,
    /// The photos or lists cannot be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The photos cannot be embedded.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The ensemble cannot judge.
    #[error(transparent)]
    Kinship(#[from] KinshipError),
    /// The gallery cannot be searched.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The gallery cannot be read.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
}

impl Classify for EvaluateError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoPhotos { .. } | Self::NoPairs { .. } | Self::NoKin | Self::NoEnsemble => {
                ErrorKind::InvalidInput
            }
            Self::Dataset(error) => error.kind(),
            Self::Ingest(error) => error.kind(),
            Self::Kinship(error) => error.kind(),
            Self::Search(error) => error.kind(),
            Self::Gallery(error) => error.kind(),
        }
    }
}

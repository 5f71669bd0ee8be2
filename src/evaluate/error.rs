//! Errors of evaluations.

use std::path::PathBuf;

use crate::bundle::BundleError;
use crate::dataset::DatasetError;
use crate::error::{Classify, ErrorKind, io_kind};
use crate::gallery::GalleryError;
use crate::ingest::IngestError;
use crate::kinship::KinshipError;
use crate::photo::PhotoError;
use crate::search::SearchError;

/// Failures of an evaluation.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// No pair of the list has both photos.
    #[error(
        "none of the {pairs} listed has all its photos under --photos, the first misses {first}; \
         give the folder that the list's paths begin in"
    )]
    NoPhotos {
        /// Number of listed pairs.
        pairs: usize,
        /// Path of a missing photo.
        first: String,
    },
    /// There are no kin pairs, or no unrelated pairs.
    #[error("{what} needs pairs of kin and of others, and there are {kin} and {others}")]
    NoPairs {
        /// Name of the evaluation.
        what: &'static str,
        /// Number of kin pairs.
        kin: usize,
        /// Number of unrelated pairs.
        others: usize,
    },
    /// No child has two listed parents.
    #[error(
        "no child has a listed father and a listed mother with photos; give a list of kin with \
         relations such as fs and md"
    )]
    NoTrios,
    /// No person in the gallery is listed as kin to another person in it.
    #[error("no person in the gallery has listed kin there; ingest with --relationships")]
    NoKin,
    /// The bundle was not trained.
    #[error("the bundle is not trained to separate kin from others; make one with kindred train")]
    NoEnsemble,
    /// The bundle has no open-set model.
    #[error(
        "the bundle has no open-set model, so its searches mark no one as kin; train it again \
         with kindred train"
    )]
    NoOpenSetModel,
    /// There are no people to compare.
    #[error(
        "none of the families that count has photos; give another --photos, or leave out fewer families"
    )]
    NoFamilies,
    /// The labels do not define groups.
    #[error(
        "the labeled photos that could be used have {found} different labels; give a column \
         with 2 to 20"
    )]
    BadLabels {
        /// Number of different labels.
        found: usize,
    },
    /// No face was found in any listed photo.
    #[error("no face was found in any listed photo; give other --photos, or another bundle")]
    NoFaces,
    /// A photo cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// Path of the photo.
        path: PathBuf,
        /// Error of the operating system.
        source: std::io::Error,
    },
    /// A file is not a photo.
    #[error("{}: {source}", path.display())]
    BadPhoto {
        /// Path of the file.
        path: PathBuf,
        /// Error of the decoder.
        source: PhotoError,
    },
    /// The bundle fails.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The photos or lists cannot be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The photos cannot be embedded.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The ensemble cannot score pairs.
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
            Self::NoPhotos { .. }
            | Self::NoPairs { .. }
            | Self::NoTrios
            | Self::NoKin
            | Self::NoEnsemble
            | Self::NoOpenSetModel
            | Self::NoFamilies
            | Self::BadLabels { .. }
            | Self::NoFaces => ErrorKind::InvalidInput,
            Self::Unreadable { source, .. } => io_kind(source),
            Self::BadPhoto { source, .. } => source.kind(),
            Self::Bundle(error) => error.kind(),
            Self::Dataset(error) => error.kind(),
            Self::Ingest(error) => error.kind(),
            Self::Kinship(error) => error.kind(),
            Self::Search(error) => error.kind(),
            Self::Gallery(error) => error.kind(),
        }
    }
}

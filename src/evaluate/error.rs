//! Why there are no figures.

use std::path::PathBuf;

use crate::dataset::DatasetError;
use crate::embedder::EmbedderError;
use crate::error::{Classify, ErrorKind, io_kind};
use crate::gallery::GalleryError;
use crate::ingest::IngestError;
use crate::kinship::KinshipError;
use crate::photo::PhotoError;
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
    /// No child has two listed parents.
    #[error(
        "no child has a listed father and a listed mother with photos; give a list of kin with relations such as fs and md"
    )]
    NoTrios,
    /// Nobody in the gallery is listed as kin to somebody else in it.
    #[error("nobody in the gallery has listed kin there; ingest with --relationships")]
    NoKin,
    /// The bundle was not trained.
    #[error("the bundle is not trained to tell kin from others; make one with kindred train")]
    NoEnsemble,
    /// The bundle has no open-set model.
    #[error(
        "the bundle has no open-set model, so its searches mark no one as kin; train it again with kindred train"
    )]
    NoOpenSetModel,
    /// There is nobody to compare.
    #[error(
        "none of the families that count has photos; give another --root, or leave out fewer families"
    )]
    NoFamilies,
    /// The labels are no groups.
    #[error(
        "the labeled photos that could be used have {found} different labels; give a column with 2 to 20"
    )]
    BadLabels {
        /// Different labels.
        found: usize,
    },
    /// There is no face to judge by.
    #[error("no face was found in any listed photo; give other --faces, or another bundle")]
    NoFaces,
    /// A photo cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The photo.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A file is no photo.
    #[error("{}: {source}", path.display())]
    BadPhoto {
        /// The file.
        path: PathBuf,
        /// Why.
        source: PhotoError,
    },
    /// The bundle fails.
    #[error(transparent)]
    Embedder(#[from] EmbedderError),
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
            Self::Embedder(error) => error.kind(),
            Self::Dataset(error) => error.kind(),
            Self::Ingest(error) => error.kind(),
            Self::Kinship(error) => error.kind(),
            Self::Search(error) => error.kind(),
            Self::Gallery(error) => error.kind(),
        }
    }
}

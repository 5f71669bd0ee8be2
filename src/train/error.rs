//! Why a training fails.

use std::path::PathBuf;

use crate::backbone::BackboneError;
use crate::dataset::DatasetError;
use crate::embedder::EmbedderError;
use crate::error::{Classify, ErrorKind, io_kind};
use crate::gallery::GalleryError;
use crate::ingest::IngestError;
use crate::kinship::KinshipError;
use crate::photo::PhotoError;

/// Why there is no ensemble.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// There are not enough families to keep some apart.
    #[error(
        "{found} families have listed kin with photos, and {needed} are needed to train on some and judge by others; \
         add families, or list more kin"
    )]
    TooFewFamilies {
        /// Families with usable kin.
        found: usize,
        /// How many there have to be.
        needed: usize,
    },
    /// The plain regression, which others are compared with, was not trained.
    #[error("the plain regression is not among the members; add it to --members")]
    NoRegression,
    /// A file of the training cannot be read or written.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
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
    /// There is nothing to learn from.
    #[error(
        "the lists name no photo with landmarks; give other --faces, or leave out fewer families"
    )]
    NoFaces,
    /// A checkpoint has seen more than what is asked for.
    #[error(
        "{} is from after batch {cooling}, from which on steps are to grow shorter; ask for more epochs, or remove it to \
         begin anew",
        path.display()
    )]
    PastCooling {
        /// The checkpoint.
        path: PathBuf,
        /// The batch from which on steps would be shorter.
        cooling: usize,
    },
    /// A network cannot learn.
    #[error(transparent)]
    Backbone(#[from] BackboneError),
    /// The heads cannot be computed.
    #[error(transparent)]
    Kinship(#[from] KinshipError),
    /// The photos cannot be embedded.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The embeddings cannot be kept.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
    /// The bundle cannot be made.
    #[error(transparent)]
    Embedder(#[from] EmbedderError),
    /// The photos or the list of kin cannot be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

impl Classify for TrainError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoFaces
            | Self::PastCooling { .. }
            | Self::TooFewFamilies { .. }
            | Self::NoRegression => ErrorKind::InvalidInput,
            Self::Unwritable { source, .. } | Self::Unreadable { source, .. } => io_kind(source),
            Self::BadPhoto { source, .. } => source.kind(),
            Self::Backbone(error) => error.kind(),
            Self::Kinship(error) => error.kind(),
            Self::Ingest(error) => error.kind(),
            Self::Gallery(error) => error.kind(),
            Self::Embedder(error) => error.kind(),
            Self::Dataset(error) => error.kind(),
        }
    }
}

//! Errors of training.

use std::path::PathBuf;

use crate::bundle::BundleError;
use crate::dataset::DatasetError;
use crate::engine::EngineError;
use crate::error::{Classify, ErrorKind, io_kind};
use crate::gallery::GalleryError;
use crate::ingest::IngestError;
use crate::kinship::KinshipError;
use crate::network::NetworkError;
use crate::pipeline::Rejection;
use crate::train::network::NetworkTrainingError;

/// Reason for a failed training run.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// Too few families for separate training and evaluation.
    #[error(
        "{found} families have listed kin with photos, and {needed} are needed to train on some \
         and evaluate on others; add families, or list more kin"
    )]
    TooFewFamilies {
        /// Number of families with usable kin.
        found: usize,
        /// Required number of families.
        needed: usize,
    },
    /// The plain regression, the baseline of the other members, was not trained.
    #[error("the plain regression is not among the members; add it to --members")]
    NoRegression,
    /// A file of the training run cannot be read or written.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// Reason from the operating system.
        source: std::io::Error,
    },
    /// A photo cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The photo.
        path: PathBuf,
        /// Reason from the operating system.
        source: std::io::Error,
    },
    /// A file is not a photo.
    #[error("{}: {source}", path.display())]
    BadPhoto {
        /// The file.
        path: PathBuf,
        /// Reason for the refusal.
        source: Rejection,
    },
    /// There are no faces to train on.
    #[error(
        "the lists name no photo with landmarks; give other --photos, or leave out fewer families"
    )]
    NoFaces,
    /// A checkpoint is beyond the requested number of batches.
    #[error(
        "{} is from after batch {cooling}, from which on steps are to grow shorter; \
         give more --epochs, or delete it to start over",
        path.display()
    )]
    PastCooling {
        /// The checkpoint.
        path: PathBuf,
        /// Batch after which the steps would shrink.
        cooling: usize,
    },
    /// A network cannot be built, or its weights cannot be read or written.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A network cannot be loaded onto a device or run there.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A network cannot be trained.
    #[error(transparent)]
    NetworkTraining(#[from] NetworkTrainingError),
    /// The heads cannot be computed.
    #[error(transparent)]
    Kinship(#[from] KinshipError),
    /// The photos cannot be embedded.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The embeddings cannot be stored.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
    /// The bundle cannot be created.
    #[error(transparent)]
    Bundle(#[from] BundleError),
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
            Self::Network(error) => error.kind(),
            Self::Engine(error) => error.kind(),
            Self::NetworkTraining(error) => error.kind(),
            Self::Kinship(error) => error.kind(),
            Self::Ingest(error) => error.kind(),
            Self::Gallery(error) => error.kind(),
            Self::Bundle(error) => error.kind(),
            Self::Dataset(error) => error.kind(),
        }
    }
}

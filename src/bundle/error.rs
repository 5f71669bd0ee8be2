//! Errors of a bundle.

use std::path::PathBuf;

use crate::engine::EngineError;
use crate::error::{Classify, ErrorKind};
use crate::face::FaceError;
use crate::kinship::KinshipError;
use crate::network::NetworkError;

/// Why a bundle cannot be loaded or used.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The folder holds no bundle.
    #[error("no bundle at {}; a bundle is a folder with a manifest.toml and weights in it", path.display())]
    NoBundle {
        /// Expected path of the manifest.
        path: PathBuf,
    },
    /// The manifest cannot be used.
    #[error("the manifest {} is wrong: {reason}", path.display())]
    BadManifest {
        /// The manifest.
        path: PathBuf,
        /// Reason for the refusal.
        reason: String,
    },
    /// A weights file of the manifest is missing.
    #[error("the weights {} are missing; put the file there, or correct the manifest", path.display())]
    NoWeights {
        /// The file.
        path: PathBuf,
    },
    /// A file of the bundle cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The path of a new bundle exists already.
    #[error("{} is there already; choose another folder, or remove it", path.display())]
    AlreadyThere {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the bundle cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The SHA-256 of the weights differs from the manifest.
    #[error(
        "{} has SHA-256 {found}, the manifest has {expected}; fetch the weights again, or correct the manifest",
        path.display()
    )]
    OtherWeights {
        /// The file.
        path: PathBuf,
        /// SHA-256 in the manifest.
        expected: String,
        /// SHA-256 of the file.
        found: String,
    },
    /// The face detector cannot be loaded or run.
    #[error(transparent)]
    Face(#[from] FaceError),
    /// The ensemble does not fit the bundle.
    #[error(transparent)]
    Kinship(#[from] KinshipError),
    /// A network cannot be built, or its weights cannot be read or written.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A backbone cannot be loaded or run.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Classify for BundleError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoBundle { .. } | Self::NoWeights { .. } => ErrorKind::NotFound,
            Self::BadManifest { .. } => ErrorKind::InvalidInput,
            Self::AlreadyThere { .. } => ErrorKind::Conflict,
            Self::Unreadable { .. } | Self::Unwritable { .. } => ErrorKind::Unavailable,
            Self::OtherWeights { .. } => ErrorKind::Corrupt,
            Self::Face(error) => error.kind(),
            Self::Kinship(error) => error.kind(),
            Self::Network(error) => error.kind(),
            Self::Engine(error) => error.kind(),
        }
    }
}

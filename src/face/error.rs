//! Errors of a face detector.

use crate::error::{Classify, ErrorKind};
use crate::network::NetworkError;

/// Why a face detector cannot be loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum FaceError {
    /// The landmark network has another number of outputs.
    #[error("the landmark network outputs {found} values, expected 11; import the bundle again")]
    NotLandmarks {
        /// Number of its outputs.
        found: usize,
    },
    /// The landmark network cannot be run.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

impl Classify for FaceError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotLandmarks { .. } => ErrorKind::Incompatible,
            Self::Network(error) => error.kind(),
        }
    }
}

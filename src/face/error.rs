//! Errors of a face detector.

use crate::engine::EngineError;
use crate::error::{Classify, ErrorKind};

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
    Engine(#[from] EngineError),
}

impl Classify for FaceError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotLandmarks { .. } => ErrorKind::Incompatible,
            Self::Engine(error) => error.kind(),
        }
    }
}

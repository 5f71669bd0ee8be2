//! Errors of engines.

use crate::error::{Classify, ErrorKind};
use crate::network::NetworkError;

/// Reason why a network cannot be loaded onto a device or run there.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The network cannot be built, or its weights cannot be read.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The requested device cannot be used.
    #[error("cannot run on {device}: {reason}")]
    NoDevice {
        /// The device, as requested.
        device: String,
        /// The cause, and the remedy.
        reason: String,
    },
    /// The tensor library failed.
    #[error("the network failed: {0}")]
    Tensor(#[from] candle_core::Error),
}

impl Classify for EngineError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Network(error) => error.kind(),
            Self::NoDevice { .. } => ErrorKind::InvalidInput,
            Self::Tensor(_) => ErrorKind::Internal,
        }
    }
}

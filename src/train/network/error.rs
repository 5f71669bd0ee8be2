//! Errors of the training of networks.

use std::path::PathBuf;

use crate::engine::EngineError;
use crate::error::{Classify, ErrorKind};
use crate::network::NetworkError;

/// Reason why a network cannot be trained.
#[derive(Debug, thiserror::Error)]
pub enum NetworkTrainingError {
    /// A network cannot be built, or its weights cannot be read or written.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A network cannot be loaded onto a device or run there.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The network has an operation that cannot be trained here.
    #[error("this network cannot be trained here: {operation} has no gradient")]
    NotTrainable {
        /// The operation.
        operation: String,
    },
    /// A checkpoint belongs to a training with other photos or another seed.
    #[error(
        "{} is the checkpoint of a training with other photos or another seed; give those again, \
         or delete it to start over",
        path.display()
    )]
    OtherTraining {
        /// The file.
        path: PathBuf,
    },
    /// A network has no trunk before its last stage.
    #[error("{architecture} is of one stage, which cannot be unfrozen alone")]
    OneStage {
        /// The architecture.
        architecture: &'static str,
    },
    /// The tensors belong to a network that cannot be widened to the requested one.
    #[error(
        "{} holds the weights of a network that cannot be widened to {depths:?} layers of \
         {channels:?} channels: it has more channels, other layers or another input",
        path.display()
    )]
    CannotWiden {
        /// The file.
        path: PathBuf,
        /// Layers of the blocks of the requested network.
        depths: [usize; 5],
        /// Channels of its blocks.
        channels: [usize; 5],
    },
}

impl From<candle_core::Error> for NetworkTrainingError {
    fn from(error: candle_core::Error) -> Self {
        Self::Engine(error.into())
    }
}

impl Classify for NetworkTrainingError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Network(error) => error.kind(),
            Self::Engine(error) => error.kind(),
            Self::NotTrainable { .. } | Self::OtherTraining { .. } | Self::OneStage { .. } => {
                ErrorKind::InvalidInput
            }
            Self::CannotWiden { .. } => ErrorKind::Incompatible,
        }
    }
}

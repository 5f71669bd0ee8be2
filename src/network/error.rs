//! Errors of backbones.

use std::path::PathBuf;

use crate::error::{Classify, ErrorKind};

/// Reason why a backbone cannot be loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The file is not in the safetensors format.
    #[error("{} is no safetensors file: {reason}", path.display())]
    NotSafetensors {
        /// The file.
        path: PathBuf,
        /// The reader's reason.
        reason: String,
    },
    /// The network needs a tensor that the file does not have.
    #[error(
        "{} has no tensor '{tensor}' of shape {expected:?}; are these the weights of another architecture?",
        path.display()
    )]
    MissingTensor {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// The shape the network needs.
        expected: Vec<usize>,
    },
    /// A tensor has another shape or type than the network needs.
    #[error("{}: tensor '{tensor}' is {found}, expected {expected}", path.display())]
    WrongTensor {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// Shape and type the network needs.
        expected: String,
        /// Shape and type in the file.
        found: String,
    },
    /// A tensor holds NaN or infinity.
    #[error("{}: tensor '{tensor}' has values that are not finite; fetch the weights again", path.display())]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
    },
    /// The file has no known format of weights.
    #[error(
        "{} is of no known format; known are safetensors, PyTorch's .pth and .pt, pickled numpy arrays, and Keras's .h5",
        path.display()
    )]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged, or deviates from its apparent format.
    #[error("{} cannot be read as {format}: {reason}", path.display())]
    BadCheckpoint {
        /// The file.
        path: PathBuf,
        /// The format, as text.
        format: String,
        /// The fault.
        reason: String,
    },
    /// A pickle names a function or class that no weights need.
    #[error(
        "{} is refused: it calls '{name}', which weights do not need; if you trust where it comes from, save the \
         model's state_dict() alone",
        path.display()
    )]
    Code {
        /// The file.
        path: PathBuf,
        /// The name of the function or class.
        name: String,
    },
    /// The tensors belong to another network.
    #[error("{} does not hold the weights of {expected}: its tensors are those of {found}", path.display())]
    OtherArchitecture {
        /// The file.
        path: PathBuf,
        /// The requested network.
        expected: String,
        /// The network that the tensors resemble, or a note that there is none.
        found: String,
    },
    /// The tensors belong to a network that cannot be widened to the requested one.
    #[error(
        "{} holds the weights of a network that cannot be widened to {depths:?} layers of {channels:?} channels: it has \
         more channels, other layers or another input",
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
    /// A weights file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The requested device cannot be used.
    #[error("cannot run on {device}: {reason}")]
    NoDevice {
        /// The device, as requested.
        device: String,
        /// The cause, and the remedy.
        reason: String,
    },
    /// A tensor file cannot be written.
    #[error("cannot write {}: {reason}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        reason: String,
    },
    /// The choices of an architecture contradict each other.
    #[error("the {architecture} configuration is impossible: {reason}")]
    BadConfig {
        /// The architecture.
        architecture: &'static str,
        /// The contradiction.
        reason: String,
    },
    /// The network has an operation that cannot be trained here.
    #[error("this network cannot be trained here: {operation} has no way back")]
    NotLearnable {
        /// The operation.
        operation: String,
    },
    /// A checkpoint belongs to a training with other photos or another seed.
    #[error(
        "{} is the checkpoint of a training with other photos or another seed; give those again, or delete it to start \
         over",
        path.display()
    )]
    OtherLesson {
        /// The file.
        path: PathBuf,
    },
    /// A network has no trunk before its last stage.
    #[error("{architecture} is of one stage, which cannot be unfrozen alone")]
    OneStage {
        /// The architecture.
        architecture: &'static str,
    },
    /// The tensor library failed.
    #[error("the network failed: {0}")]
    Tensor(#[from] candle_core::Error),
}

impl Classify for NetworkError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotSafetensors { .. } | Self::BadCheckpoint { .. } | Self::NotFinite { .. } => {
                ErrorKind::Corrupt
            }
            Self::MissingTensor { .. }
            | Self::WrongTensor { .. }
            | Self::OtherArchitecture { .. }
            | Self::CannotWiden { .. } => ErrorKind::Incompatible,
            Self::Unreadable { .. } | Self::Unwritable { .. } => ErrorKind::Unavailable,
            Self::UnknownFormat { .. }
            | Self::Code { .. }
            | Self::BadConfig { .. }
            | Self::NotLearnable { .. }
            | Self::OneStage { .. }
            | Self::OtherLesson { .. }
            | Self::NoDevice { .. } => ErrorKind::InvalidInput,
            Self::Tensor(_) => ErrorKind::Internal,
        }
    }
}

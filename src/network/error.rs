//! Errors of networks and their files.

use std::path::PathBuf;

use crate::error::{Classify, ErrorKind};

/// Reason why a network cannot be built, or its weights cannot be read or written.
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
        "{} has no tensor '{tensor}' of shape {expected:?}; are these the weights \
         of another architecture?",
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
    #[error(
        "{}: tensor '{tensor}' has values that are not finite; fetch the weights again",
        path.display()
    )]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
    },
    /// The file has no known format of weights.
    #[error(
        "{} is of no known format; known are safetensors, PyTorch's .pth and .pt, pickled \
         numpy arrays, and Keras's .h5",
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
        "{} is refused: it calls '{name}', which weights do not need; if you trust where it \
         comes from, save the model's state_dict() alone",
        path.display()
    )]
    Code {
        /// The file.
        path: PathBuf,
        /// The name of the function or class.
        name: String,
    },
    /// The tensors belong to another network.
    #[error(
        "{} does not hold the weights of {expected}: its tensors are those of {found}",
        path.display()
    )]
    OtherArchitecture {
        /// The file.
        path: PathBuf,
        /// The requested network.
        expected: String,
        /// The network that the tensors resemble, or a note that there is none.
        found: String,
    },
    /// A weights file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
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
}

impl Classify for NetworkError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotSafetensors { .. } | Self::BadCheckpoint { .. } | Self::NotFinite { .. } => {
                ErrorKind::Corrupt
            }
            Self::MissingTensor { .. }
            | Self::WrongTensor { .. }
            | Self::OtherArchitecture { .. } => ErrorKind::Incompatible,
            Self::Unreadable { .. } | Self::Unwritable { .. } => ErrorKind::Unavailable,
            Self::UnknownFormat { .. } | Self::Code { .. } | Self::BadConfig { .. } => {
                ErrorKind::InvalidInput
            }
        }
    }
}

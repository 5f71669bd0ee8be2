//! Why the service cannot start or go on.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::error::{Classify, ErrorKind, io_kind};

/// Why the service did not start, or ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Somebody else has the port.
    #[error(
        "{address} is in use by another program; choose another with --listen, or stop that one"
    )]
    AddressInUse {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The address would let others in, and there is nothing to keep them out with.
    #[error(
        "{address} can be reached from other machines, and the gallery has no API key; make one with \
         `kindred keys create`, or listen on 127.0.0.1"
    )]
    NotLoopback {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The API keys cannot be read.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The operating system refused.
    #[error("cannot serve on {address}: {source}")]
    Io {
        /// The address asked for.
        address: SocketAddr,
        /// The operating system's reason.
        source: std::io::Error,
    },
}

/// Why API keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is no such key.
    #[error("there is no API key with the id {id}; `kindred keys list` shows them")]
    Unknown {
        /// The id asked for.
        id: String,
    },
    /// The file is not what was written.
    #[error("the API keys in {} are damaged; restore the file from a copy, or remove it and make new keys", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot use the API keys in {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
}

impl Classify for KeyError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unknown { .. } => ErrorKind::NotFound,
            Self::Damaged { .. } => ErrorKind::Corrupt,
            Self::Io { source, .. } => io_kind(source),
        }
    }
}

impl Classify for ServeError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::AddressInUse { .. } => ErrorKind::Conflict,
            Self::NotLoopback { .. } => ErrorKind::InvalidInput,
            Self::Keys(error) => error.kind(),
            Self::Io { .. } => ErrorKind::Unavailable,
        }
    }
}

//! Errors that stop the service.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::error::{Classify, ErrorKind, io_kind};

/// Error that prevents the start of the service, or ends it early.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Another program uses the port.
    #[error(
        "{address} is in use by another program; choose another with --listen, or stop that one"
    )]
    AddressInUse {
        /// The requested address.
        address: SocketAddr,
    },
    /// Other machines can reach the address, and the service has no API key.
    #[error(
        "{address} can be reached from other machines, and the gallery has no API key; make one with \
         `kindred keys create`, or listen on 127.0.0.1"
    )]
    NotLoopback {
        /// The requested address.
        address: SocketAddr,
    },
    /// The API keys cannot be read.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The operating system refused.
    #[error("cannot serve on {address}: {source}")]
    Io {
        /// The requested address.
        address: SocketAddr,
        /// The operating system's reason.
        source: std::io::Error,
    },
}

/// Error of the API key file.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No key has this id.
    #[error("there is no API key with the id {id}; `kindred keys list` shows them")]
    Unknown {
        /// The requested id.
        id: String,
    },
    /// The file's content is damaged.
    #[error(
        "the API keys in {} are damaged; restore the file from a copy, or remove it and make new keys",
        path.display()
    )]
    Damaged {
        /// Path of the key file.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot use the API keys in {}: {source}", path.display())]
    Io {
        /// Path of the key file.
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

//! Why the service cannot start or go on.

use std::net::SocketAddr;

use crate::error::{Classify, ErrorKind};

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
        "{address} can be reached from other machines, and requests are not authenticated; listen on 127.0.0.1"
    )]
    NotLoopback {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The operating system refused.
    #[error("cannot serve on {address}: {source}")]
    Io {
        /// The address asked for.
        address: SocketAddr,
        /// The operating system's reason.
        source: std::io::Error,
    },
}

impl Classify for ServeError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::AddressInUse { .. } => ErrorKind::Conflict,
            Self::NotLoopback { .. } => ErrorKind::InvalidInput,
            Self::Io { .. } => ErrorKind::Unavailable,
        }
    }
}

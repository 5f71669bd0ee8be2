//! Reasons why a file is no checkpoint.

use std::io::{self, ErrorKind};

/// Reason why a file is no checkpoint.
#[derive(Debug)]
pub(super) enum Fault {
    /// A pickle names this function or class, which is refused.
    Code(String),
    /// It is damaged, or not of its apparent format.
    Broken(String),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::UnexpectedEof => too_short(),
            _ => damaged(error.to_string()),
        }
    }
}

pub(super) fn damaged(reason: impl Into<String>) -> Fault {
    Fault::Broken(reason.into())
}

pub(super) fn too_short() -> Fault {
    damaged("it ends too early")
}

//! The classes every error of this crate falls into.
//!
//! Each room has one error enum with a variant per thing the caller can do about it.
//! All of them implement [`Classify`], and the two edges translate the class in one exhaustive table each:
//! `cli` to an exit code, `api` to an HTTP status.

/// What kind of failure an error is, seen by the person who has to act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request itself is wrong: change it and try again.
    InvalidInput,
    /// What was asked for does not exist.
    NotFound,
    /// It contradicts what is there already, or somebody else is using it.
    Conflict,
    /// Both sides are whole, but were not made for each other (another model, a newer schema).
    Incompatible,
    /// Stored bytes are not what was written.
    Corrupt,
    /// Too much work is queued: try again later.
    Overloaded,
    /// Something outside the program (disk, network, permissions) failed.
    Unavailable,
    /// A defect of this program.
    Internal,
}

/// An error that knows its [`ErrorKind`].
pub trait Classify: std::error::Error {
    /// The class of this error.
    fn kind(&self) -> ErrorKind;
}

/// The class of an operating-system error on a file the user named.
pub fn io_kind(error: &std::io::Error) -> ErrorKind {
    match error.kind() {
        std::io::ErrorKind::NotFound => ErrorKind::NotFound,
        _ => ErrorKind::Unavailable,
    }
}

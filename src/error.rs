//! Error classes of this crate.
//!
//! Each module has one error enum, with a variant per possible reaction of the caller. All of them
//! implement [`Classify`]. Two exhaustive tables translate the class: `cli` to an exit code, `api`
//! to an HTTP status.

/// Class of an error, as the user sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request itself is wrong: change it and try again.
    InvalidInput,
    /// The requested item does not exist.
    NotFound,
    /// It contradicts existing data, or another process is using it.
    Conflict,
    /// Both sides are intact, but do not match (another model, a newer schema).
    Incompatible,
    /// Stored bytes are corrupt.
    Corrupt,
    /// Too much work is queued: try again later.
    Overloaded,
    /// Something outside the program (disk, network, permissions) failed.
    Unavailable,
    /// A defect of this program.
    Internal,
}

/// An error with an [`ErrorKind`].
pub trait Classify: std::error::Error {
    /// Returns the class of this error.
    fn kind(&self) -> ErrorKind;
}

/// Returns the class of an operating-system error on a file that the user named.
pub fn io_kind(error: &std::io::Error) -> ErrorKind {
    match error.kind() {
        std::io::ErrorKind::NotFound => ErrorKind::NotFound,
        _ => ErrorKind::Unavailable,
    }
}

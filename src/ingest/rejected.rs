//! Photos that a job leaves out.

use crate::dataset::{MisplacedPhoto, UnreadableEntry};

/// A photo that was left out, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Path in the collection.
    pub path: String,
    /// The reason, as text.
    pub reason: String,
}

impl From<UnreadableEntry> for Rejected {
    fn from(UnreadableEntry { path, reason }: UnreadableEntry) -> Self {
        Self { path, reason: format!("cannot be listed: {reason}") }
    }
}

impl From<MisplacedPhoto> for Rejected {
    fn from(MisplacedPhoto { path, reason }: MisplacedPhoto) -> Self {
        Self { path, reason }
    }
}

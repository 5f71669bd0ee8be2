//! Photos that a job leaves out.

use crate::dataset::{Misplaced, Unreadable};

/// A photo that was left out, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Path in the collection.
    pub path: String,
    /// The reason, as text.
    pub reason: String,
}

impl From<Unreadable> for Rejected {
    fn from(Unreadable { path, reason }: Unreadable) -> Self {
        Self { path, reason: format!("cannot be listed: {reason}") }
    }
}

impl From<Misplaced> for Rejected {
    fn from(Misplaced { path, reason }: Misplaced) -> Self {
        Self { path, reason }
    }
}

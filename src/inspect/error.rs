//! Errors of a survey.

use std::path::PathBuf;

use crate::dataset::DatasetError;
use crate::error::{Classify, ErrorKind, io_kind};

/// Why a collection could not be described or drawn.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    /// The collection cannot be used.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// There are no people to draw.
    #[error("no contact sheet: none of the listed kin both have a readable photo")]
    NoKin,
    /// The sheet cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// Path of the sheet.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
}

impl Classify for SurveyError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Dataset(error) => error.kind(),
            Self::NoKin => ErrorKind::InvalidInput,
            Self::Unwritable { source, .. } => io_kind(source),
        }
    }
}

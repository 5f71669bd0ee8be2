//! What can be wrong with a collection of photos.

use std::path::PathBuf;

use crate::error::{Classify, ErrorKind, io_kind};

/// Why a collection of photos or a list of kin cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The folder, archive or list cannot be opened or read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// What was to be read.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A list cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// What was to be written.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The file is no zip archive, or a damaged one.
    #[error("{} is neither a folder nor a whole zip archive: {reason}", path.display())]
    BadArchive {
        /// The file.
        path: PathBuf,
        /// The archive reader's reason.
        reason: String,
    },
    /// There is not one photo in it.
    #[error("no photos in {}; give a folder or zip with photos in it", path.display())]
    NoPhotos {
        /// The folder or archive.
        path: PathBuf,
    },
    /// There are photos, but none is in a member's folder of a family.
    #[error(
        "{photos} photos in {}, none of them in a family; the layout is F0001/MID1/photo.jpg \
         (a folder per family, in it a folder per person)", path.display()
    )]
    NoFamilies {
        /// The folder or archive.
        path: PathBuf,
        /// How many photos lie elsewhere.
        photos: usize,
    },
    /// A list of landmarks is wrong.
    #[error("{} line {line}: {reason}; wanted are the columns path, eye_l_x, eye_l_y, … mouth_r_x, mouth_r_y", path.display())]
    BadLandmarks {
        /// The list.
        path: PathBuf,
        /// Line number, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// A line of a list is wrong.
    #[error("{} line {line}: {reason}; {form}", path.display())]
    BadList {
        /// The list.
        path: PathBuf,
        /// Line number, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
        /// What a line should be.
        form: &'static str,
    },
}

impl Classify for DatasetError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unreadable { source, .. } | Self::Unwritable { source, .. } => io_kind(source),
            Self::BadArchive { .. }
            | Self::NoPhotos { .. }
            | Self::NoFamilies { .. }
            | Self::BadLandmarks { .. }
            | Self::BadList { .. } => ErrorKind::InvalidInput,
        }
    }
}

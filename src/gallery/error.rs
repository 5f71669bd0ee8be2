//! Errors of a gallery.

use std::path::PathBuf;

use super::embedded::StoreError;
use crate::domain::{EmbeddingError, Fingerprint, PhotoId};
use crate::error::{Classify, ErrorKind, io_kind};

/// Why a gallery cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum GalleryError {
    /// The embeddings were made with another bundle than the gallery's.
    #[error(
        "the gallery was made with another model (fingerprint {expected}, this one is {found}); \
         use the bundle it was made with ({}), or ingest into a new gallery",
        enrolled_with.display()
    )]
    OtherBundle {
        /// Path of the gallery's own bundle.
        enrolled_with: PathBuf,
        /// The gallery's fingerprint.
        expected: Fingerprint,
        /// Fingerprint of the current bundle.
        found: Fingerprint,
    },
    /// A photo's embeddings have other widths than the gallery's.
    #[error("embeddings of width {found:?} do not fit a gallery of width {expected:?}")]
    WrongDimension {
        /// The gallery's widths, one per backbone.
        expected: Vec<usize>,
        /// The photo's widths.
        found: Vec<usize>,
    },
    /// A photo does not have exactly one face.
    #[error("photo {id} has {found} faces, expected 1; add a photo that shows one face")]
    FaceCount {
        /// The photo.
        id: PhotoId,
        /// Number of its faces.
        found: usize,
    },
    /// A stored vector is not a valid embedding.
    #[error(
        "the gallery is damaged: {0}; restore it from a copy, or ingest the photos into a new one"
    )]
    BadEmbedding(EmbeddingError),
    /// Nothing to delete was found.
    #[error("{what} is not in the gallery")]
    NotEnrolled {
        /// The photo, person, family or listed pair.
        what: String,
    },
    /// The file is not a gallery archive, or it is damaged.
    #[error("{} is not an intact archive of a gallery: {reason}; export it again", path.display())]
    BadArchive {
        /// The archive.
        path: PathBuf,
        /// Reason for the refusal.
        reason: String,
    },
    /// An archive cannot be read or written.
    #[error("cannot use {}: {source}", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The gallery was changed during an export.
    #[error("the gallery changed during the export; export it again")]
    Changed,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Classify for GalleryError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::OtherBundle { .. } => ErrorKind::Incompatible,
            Self::Changed => ErrorKind::Conflict,
            Self::FaceCount { .. } => ErrorKind::InvalidInput,
            Self::WrongDimension { .. } => ErrorKind::Internal,
            Self::NotEnrolled { .. } => ErrorKind::NotFound,
            Self::Archive { source, .. } => io_kind(source),
            Self::BadArchive { .. } | Self::BadEmbedding(_) => ErrorKind::Corrupt,
            Self::Store(error) => error.kind(),
        }
    }
}

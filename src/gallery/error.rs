//! What can go wrong with a gallery.

use std::path::PathBuf;

use crate::domain::{EmbeddingError, Fingerprint};
use crate::error::{Classify, ErrorKind};
use crate::store::StoreError;

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
        /// Where the gallery's own bundle was.
        enrolled_with: PathBuf,
        /// The gallery's fingerprint.
        expected: Fingerprint,
        /// The fingerprint of the bundle at hand.
        found: Fingerprint,
    },
    /// A photo's embeddings have other widths than the gallery's.
    #[error("embeddings of width {found:?} do not fit a gallery of width {expected:?}")]
    WrongDimension {
        /// The gallery's widths, one per backbone.
        expected: Vec<usize>,
        /// The photo's.
        found: Vec<usize>,
    },
    /// A stored embedding is none.
    #[error(
        "the gallery is damaged: {0}; restore it from a copy, or ingest the photos into a new one"
    )]
    BadEmbedding(EmbeddingError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Classify for GalleryError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::OtherBundle { .. } => ErrorKind::Incompatible,
            Self::WrongDimension { .. } => ErrorKind::Internal,
            Self::BadEmbedding(_) => ErrorKind::Corrupt,
            Self::Store(error) => error.kind(),
        }
    }
}

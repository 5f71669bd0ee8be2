//! Photos as they enter a gallery, and as they are read back.

use crate::domain::{ContentHash, EmbeddedPhoto, PhotoId};

/// A photo to add.
#[derive(Clone)]
pub struct NewPhoto {
    /// Identity of the photo.
    pub id: PhotoId,
    /// The photo with its faces. A gallery stores photos with one face.
    pub photo: EmbeddedPhoto,
}

/// A stored photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPhoto {
    /// Identity of the photo.
    pub id: PhotoId,
    /// SHA-256 of the file it was added from.
    pub content_hash: ContentHash,
    /// Number of the photo. No other photo of the gallery ever has it, not even a replacement.
    pub ordinal: u64,
}

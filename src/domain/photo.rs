//! Photos with the embeddings of their faces.

use super::{ContentHash, Embedding};

/// A photo with the embeddings of its faces, ready to add to a gallery.
#[derive(Clone, Debug)]
pub struct EmbeddedPhoto {
    /// SHA-256 of the photo's file.
    pub content_hash: ContentHash,
    /// Thumbnail, a JPEG. `None` if thumbnails are not stored.
    pub thumbnail: Option<Vec<u8>>,
    /// The faces of the photo.
    pub faces: Vec<EmbeddedFace>,
}

impl EmbeddedPhoto {
    /// Returns the first face. Returns `None` if the photo has no face.
    pub fn into_first_face(self) -> Option<EmbeddedFace> {
        self.faces.into_iter().next()
    }
}

/// A face with its embeddings.
#[derive(Clone, Debug)]
pub struct EmbeddedFace {
    /// One embedding per backbone, in the bundle's order.
    pub embeddings: Vec<Embedding>,
}

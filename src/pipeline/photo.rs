//! Prepared photos and their embeddings.

use super::{PhotoFile, PipelineError, Rejection};
use crate::bundle::{Bundle, BundleError, PhotoFaces, PreparedFace};
use crate::domain::{ContentHash, EmbeddedFace, EmbeddedPhoto};
use crate::photo::{Limits, decode, thumbnail};

/// A photo with its faces, ready to embed.
pub struct PreparedPhoto {
    /// SHA-256 of the photo's file.
    pub content_hash: ContentHash,
    /// Width and height of the upright photo, in pixels.
    pub size: [u32; 2],
    /// Thumbnail, a JPEG. `None` without [`Thumbnails::Create`].
    pub thumbnail: Option<Vec<u8>>,
    /// The faces of the photo.
    pub faces: Vec<PreparedFace>,
    /// Quality of the best candidate that is no face, 0 to 1. `None` if there is none.
    best_refused: Option<f32>,
}

/// Whether prepared photos have a thumbnail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thumbnails {
    /// No photo has one.
    Skip,
    /// Each photo has one.
    Create,
}

/// Decodes a photo, detects its faces and crops the input of each backbone.
///
/// A photo without a face has no faces. [`PreparedPhoto::with_face`] refuses it.
///
/// # Errors
/// - [`Rejection::Photo`] if the file is no photo within the limits.
/// - [`PipelineError::Bundle`] if the face detector fails.
pub fn prepare(
    bundle: &Bundle,
    file: &PhotoFile,
    thumbnails: Thumbnails,
) -> Result<PreparedPhoto, PipelineError> {
    let photo = decode(&file.bytes, &Limits::default())?;
    let PhotoFaces { faces, best_refused } = bundle.faces(&photo)?;
    let landmarks = faces.first().and_then(|face| face.detected.as_ref());
    let landmarks = landmarks.map(|face| &face.landmarks);
    Ok(PreparedPhoto {
        content_hash: file.content_hash,
        size: [photo.width, photo.height],
        thumbnail: (thumbnails == Thumbnails::Create).then(|| thumbnail(&photo, landmarks)),
        faces,
        best_refused,
    })
}

impl PreparedPhoto {
    /// Returns the photo if it has a face.
    ///
    /// # Errors
    /// [`Rejection::NoFace`] if it has none.
    pub fn with_face(self) -> Result<Self, PipelineError> {
        if self.faces.is_empty() {
            return Err(Rejection::NoFace { quality: self.best_refused.unwrap_or(0.0) }.into());
        }
        Ok(self)
    }
}

/// Embeds the faces of photos in one batch. Returns each photo, or why it has no embedding.
///
/// # Errors
/// [`BundleError::Engine`] if a backbone fails.
pub fn embed(
    bundle: &Bundle,
    photos: Vec<PreparedPhoto>,
) -> Result<Vec<Result<EmbeddedPhoto, Rejection>>, BundleError> {
    let faces: Vec<&PreparedFace> = photos.iter().flat_map(|photo| &photo.faces).collect();
    let mut embeddings = bundle.embed_faces(&faces)?.into_iter();
    let mut embedded = Vec::with_capacity(photos.len());
    for photo in photos {
        // The faces of a photo are taken from the batch also if one of them fails.
        let faces: Vec<_> = embeddings.by_ref().take(photo.faces.len()).collect();
        let faces: Result<Vec<EmbeddedFace>, _> =
            faces.into_iter().map(|face| Ok(EmbeddedFace { embeddings: face? })).collect();
        let PreparedPhoto { content_hash, thumbnail, .. } = photo;
        embedded.push(faces.map(|faces| EmbeddedPhoto { content_hash, thumbnail, faces }));
    }
    Ok(embedded)
}

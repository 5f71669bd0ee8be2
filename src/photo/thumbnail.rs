//! Thumbnails of stored photos.

use super::{Photo, Similarity, encode_jpeg, resize, warp};
use crate::domain::Landmarks;

/// In pixels.
const SIDE: u32 = 256;
const JPEG_QUALITY: u8 = 82;

/// Returns a JPEG thumbnail of about ten kilobytes, without the file's metadata.
///
/// It shows the aligned face, as a backbone receives it. Without landmarks it shows the complete
/// photo.
pub fn thumbnail(photo: &Photo, face: Option<&Landmarks>) -> Vec<u8> {
    let aligned = face.and_then(|landmarks| {
        let template = Landmarks::aligned(SIDE as f32);
        warp(photo, &Similarity::fit(landmarks, &template), SIDE)
    });
    encode_jpeg(&aligned.unwrap_or_else(|| reduced(photo)), JPEG_QUALITY)
}

/// Scales the photo so that its longest side is [`SIDE`], unless it is smaller.
fn reduced(photo: &Photo) -> Photo {
    let longest = photo.width.max(photo.height).max(SIDE);
    let [width, height] =
        [photo.width, photo.height].map(|side| (side * SIDE).div_ceil(longest).max(1));
    resize(photo, width, height)
}

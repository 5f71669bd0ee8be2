//! Crops of a photo, as a backbone receives them.

use super::DetectedFace;
use crate::domain::Landmarks;
use crate::network::preprocessing::Crop;
use crate::photo::{self, Photo, Similarity};

/// Crops a photo to `size` × `size` pixels.
///
/// Aligns the face if one was detected and `crop` requires it.
pub(crate) fn crop(photo: &Photo, face: Option<&DetectedFace>, crop: Crop, size: u32) -> Photo {
    let aligned = match (crop, face) {
        (Crop::Aligned, Some(face)) => align(photo, face, size),
        _ => None,
    };
    aligned.unwrap_or_else(|| square(photo, size, crop))
}

/// Aligns the face of a photo in a square of `size` pixels.
fn align(photo: &Photo, face: &DetectedFace, size: u32) -> Option<Photo> {
    let to = Similarity::fit(&face.landmarks, &Landmarks::aligned(size as f32));
    photo::warp(photo, &to, size)
}

/// Scales and crops a photo to a square of `size` pixels.
fn square(photo: &Photo, size: u32, crop: Crop) -> Photo {
    let short = photo.width.min(photo.height);
    let long = photo.width.max(photo.height);
    match crop {
        Crop::Stretch | Crop::Aligned => photo::resize(photo, size, size),
        Crop::Center => photo::middle(&scaled(photo, (size * 8).div_ceil(7), short), size),
        Crop::Letterbox => photo::middle(&scaled(photo, size, long), size),
    }
}

/// Scales a photo so that a side of `length` pixels gets `target` pixels.
fn scaled(photo: &Photo, target: u32, length: u32) -> Photo {
    let factor = |side: u32| f64::from(side) * f64::from(target) / f64::from(length);
    let side = |side: u32| factor(side).round().max(1.0) as u32;
    photo::resize(photo, side(photo.width), side(photo.height))
}

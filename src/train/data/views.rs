//! Random training pictures of known faces.

use rand::Rng;
use rayon::prelude::*;

use super::faces::AnnotatedFace;
use crate::domain::Landmarks;
use crate::photo::{Photo, Similarity, resize, warp};

/// Side of a backbone's training pictures, in pixels: that of [`Landmarks::ALIGNED`].
pub(crate) const SIDE: u32 = 112;

/// Share of the aligned pictures. The others show the photo without alignment.
const ALIGNED: f64 = 0.8;
/// Share of the pictures with altered light.
const JITTERED: f64 = 0.5;

/// Returns a random training picture of a face for a backbone.
///
/// The picture shows the aligned face or the photo itself, with a small random movement. Some
/// pictures have altered light.
///
/// The changes are small, because a small network has little spare capacity. It fits its training
/// photos hardly better than others. It thus has no room for pictures that never occur in use, such
/// as mixtures of two faces.
pub(crate) fn training_picture(face: &AnnotatedFace, random: &mut impl Rng) -> Vec<u8> {
    let picture = moved(face, random);
    if random.random_bool(JITTERED) { color_jitter(&picture, random).rgb } else { picture.rgb }
}

/// Returns the aligned picture of a face.
pub(crate) fn aligned_picture(face: &AnnotatedFace) -> Vec<u8> {
    warped(&face.photo, &Similarity::fit(&face.landmarks, &Landmarks::ALIGNED), SIDE).rgb
}

/// Returns the pictures as slices, as networks take them.
pub(crate) fn views(pictures: &[Vec<u8>]) -> Vec<&[u8]> {
    pictures.iter().map(Vec::as_slice).collect()
}

/// Scales pictures of [`SIDE`] pixels to the input size of another network.
pub(crate) fn scaled(pictures: &[Vec<u8>], size: usize) -> Vec<Vec<u8>> {
    pictures
        .par_iter()
        .map(|rgb| {
            let photo = Photo { width: SIDE, height: SIDE, rgb: rgb.clone() };
            resize(&photo, size as u32, size as u32).rgb
        })
        .collect()
}

/// Returns a face with a random movement, aligned or not.
fn moved(face: &AnnotatedFace, random: &mut impl Rng) -> Photo {
    let range = JitterRange { scale: 0.04, angle_radians: 0.05, shift: 0.013 };
    let jitter = jitter(SIDE, range, random);
    let mut picture = if random.random_bool(ALIGNED) {
        let to = Similarity::fit(&face.landmarks, &Landmarks::ALIGNED).then(&jitter);
        warped(&face.photo, &to, SIDE)
    } else {
        warped(&resize(&face.photo, SIDE, SIDE), &jitter, SIDE)
    };
    if random.random_bool(0.5) {
        picture = picture.mirrored();
    }
    picture
}

/// Maximum random movement of a picture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JitterRange {
    /// The picture scales by at most the factor 1 + `scale`, up or down.
    pub(crate) scale: f32,
    /// Maximum rotation in either direction.
    pub(crate) angle_radians: f32,
    /// Maximum shift along each axis, as a share of the side.
    pub(crate) shift: f32,
}

/// Returns a random movement of a picture of `side` pixels.
pub(crate) fn jitter(side: u32, range: JitterRange, random: &mut impl Rng) -> Similarity {
    let JitterRange { scale, angle_radians, shift } = range;
    let side = side as f32;
    let growth = (1.0 + scale).ln();
    let scale = random.random_range(-growth..growth).exp();
    let angle = random.random_range(-angle_radians..angle_radians);
    let shift = std::array::from_fn(|_| side * random.random_range(-shift..shift));
    Similarity::about([side / 2.0; 2], scale, angle, shift)
}

/// Warps a photo by [`warp`]. Only resizes it if all its landmarks coincide.
pub(crate) fn warped(photo: &Photo, to: &Similarity, side: u32) -> Photo {
    warp(photo, to, side).unwrap_or_else(|| resize(photo, side, side))
}

/// Alters light and colors at random. Some pictures become gray, less sharp or noisy.
pub(crate) fn color_jitter(picture: &Photo, random: &mut impl Rng) -> Photo {
    let mut picture = match random.random_bool(0.2) {
        true => blurred(picture, random),
        false => picture.clone(),
    };
    let contrast = random.random_range(0.75..1.25_f32);
    let brightness = random.random_range(-25.0..25.0_f32);
    let tint: [f32; 3] = std::array::from_fn(|_| random.random_range(0.92..1.08));
    let is_gray = random.random_bool(0.1);
    let noise = if random.random_bool(0.2) { random.random_range(1.0..8.0_f32) } else { 0.0 };
    for pixel in picture.rgb.as_chunks_mut::<3>().0 {
        let mut color = pixel.map(f32::from);
        if is_gray {
            color = [0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]; 3];
        }
        for ((value, color), tint) in pixel.iter_mut().zip(color).zip(tint) {
            let grain = if noise > 0.0 { random.random_range(-noise..noise) } else { 0.0 };
            let tint = if is_gray { 1.0 } else { tint };
            *value = ((color - 127.5) * contrast * tint + 127.5 + brightness + grain) as u8;
        }
    }
    picture
}

/// Reduces the sharpness to that of a smaller photo.
fn blurred(picture: &Photo, random: &mut impl Rng) -> Photo {
    let side = picture.width;
    let small = random.random_range(side / 4..side);
    resize(&resize(picture, small, small), side, side)
}

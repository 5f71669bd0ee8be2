//! Random pictures of known faces, for networks to learn from.

use rand::Rng;
use rayon::prelude::*;

use super::faces::KnownFace;
use crate::photo::{Landmarks, Photo, Similarity, resize, warp};

/// Side of the pictures that a backbone learns from, in pixels: that of [`Landmarks::ALIGNED`].
pub(super) const SIDE: u32 = 112;

/// Share of the pictures that are aligned; the others are the photo as it is.
const ALIGNED: f64 = 0.8;
/// Share of the pictures in other light than they were taken in.
const WEATHERED: f64 = 0.5;

/// A picture of a face, aligned or as it is, not quite as it should be, and sometimes in other light: what a backbone is
/// shown. It is changed little: a small network learns the photos that it is shown little better than others, so it has no
/// room for pictures that it will never meet, such as mixtures of two faces.
pub(super) fn lesson_picture(face: &KnownFace, random: &mut impl Rng) -> Vec<u8> {
    let picture = placed(face, random);
    if random.random_bool(WEATHERED) { weathered(&picture, random).rgb } else { picture.rgb }
}

/// A face, aligned.
pub(super) fn aligned_picture(face: &KnownFace) -> Vec<u8> {
    warped(&face.photo, &Similarity::fit(&face.landmarks, &Landmarks::ALIGNED), SIDE).rgb
}

pub(super) fn views(pictures: &[Vec<u8>]) -> Vec<&[u8]> {
    pictures.iter().map(Vec::as_slice).collect()
}

/// The same pictures, of [`SIDE`], as a network with another input wants them.
pub(super) fn scaled(pictures: &[Vec<u8>], size: usize) -> Vec<Vec<u8>> {
    let scale = |rgb: &Vec<u8>| {
        let photo = Photo { width: SIDE, height: SIDE, rgb: rgb.clone() };
        resize(&photo, size as u32, size as u32).rgb
    };
    pictures.par_iter().map(scale).collect()
}

fn placed(face: &KnownFace, random: &mut impl Rng) -> Photo {
    let jitter = jitter(SIDE, (0.04, 0.05, 0.013), random);
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

/// A small random movement of a picture of `side` pixels: it grows or shrinks by at most the factor 1 + `scale`, turns by
/// at most `angle` in radians, and is shifted by at most `shift` times its side.
pub(super) fn jitter(
    side: u32,
    (scale, angle, shift): (f32, f32, f32),
    random: &mut impl Rng,
) -> Similarity {
    let side = side as f32;
    let growth = (1.0 + scale).ln();
    let scale = random.random_range(-growth..growth).exp();
    let angle = random.random_range(-angle..angle);
    let shift = std::array::from_fn(|_| side * random.random_range(-shift..shift));
    Similarity::about([side / 2.0; 2], (scale, angle), shift)
}

/// [`warp`]; the photo as it is where its landmarks are all at one point.
pub(super) fn warped(photo: &Photo, to: &Similarity, side: u32) -> Photo {
    warp(photo, to, side).unwrap_or_else(|| resize(photo, side, side))
}

/// The same in other light and colours, sometimes in none, sometimes less sharp or with noise.
pub(super) fn weathered(picture: &Photo, random: &mut impl Rng) -> Photo {
    let mut picture = match random.random_bool(0.2) {
        true => blurred(picture, random),
        false => picture.clone(),
    };
    let contrast = random.random_range(0.75..1.25_f32);
    let brightness = random.random_range(-25.0..25.0_f32);
    let tint: [f32; 3] = std::array::from_fn(|_| random.random_range(0.92..1.08));
    let is_grey = random.random_bool(0.1);
    let noise = if random.random_bool(0.2) { random.random_range(1.0..8.0_f32) } else { 0.0 };
    for pixel in picture.rgb.as_chunks_mut::<3>().0 {
        let mut colour = pixel.map(f32::from);
        if is_grey {
            colour = [0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]; 3];
        }
        for ((value, colour), tint) in pixel.iter_mut().zip(colour).zip(tint) {
            let grain = if noise > 0.0 { random.random_range(-noise..noise) } else { 0.0 };
            let tint = if is_grey { 1.0 } else { tint };
            *value = ((colour - 127.5) * contrast * tint + 127.5 + brightness + grain) as u8;
        }
    }
    picture
}

/// As if the photo had been smaller.
fn blurred(picture: &Photo, random: &mut impl Rng) -> Photo {
    let side = picture.width;
    let small = random.random_range(side / 4..side);
    resize(&resize(picture, small, small), side, side)
}

//! Random pictures of known faces, for networks to learn from.

use rand::Rng;

use super::faces::KnownFace;
use crate::photo::{Landmarks, Photo, Similarity, resize, warp};

/// Side of the pictures, in pixels: that of [`Landmarks::ALIGNED`].
pub(super) const SIDE: u32 = 112;

/// Share of the pictures that are aligned; the others are the photo as it is.
const ALIGNED: f64 = 0.6;
/// Share of the pictures that are mixed with another one.
const MIXED: f64 = 0.3;

/// A picture of a face, aligned or as it is, not quite as it should be, in other light, and sometimes with another one in
/// it: what a student is shown.
pub(super) fn lesson_picture(
    face: &KnownFace,
    other: &KnownFace,
    random: &mut impl Rng,
) -> Vec<u8> {
    let mut rgb = placed(face, random).rgb;
    if random.random_bool(MIXED) {
        let (share, other) = (random.random_range(0.5..1.0_f32), placed(other, random).rgb);
        for (value, other) in rgb.iter_mut().zip(other) {
            *value = (f32::from(*value) * share + f32::from(other) * (1.0 - share)) as u8;
        }
    }
    weathered(Photo { width: SIDE, height: SIDE, rgb }, random)
}

fn placed(face: &KnownFace, random: &mut impl Rng) -> Photo {
    let middle = [SIDE as f32 / 2.0; 2];
    let scale = random.random_range(0.92..1.08_f32);
    let angle = random.random_range(-0.1..0.1_f32);
    let shift = std::array::from_fn(|_| random.random_range(-3.0..3.0_f32));
    let jitter = Similarity::about(middle, (scale, angle), shift);
    let (to, photo) = if random.random_bool(ALIGNED) {
        (Similarity::fit(&face.landmarks, &Landmarks::ALIGNED), &face.photo)
    } else {
        let zoom = SIDE as f32 / face.photo.width.min(face.photo.height) as f32;
        let side = face.photo.width.min(face.photo.height);
        let square = &resize(&face.photo, side, side);
        return finish(
            square,
            &Similarity { a: zoom, b: 0.0, shift: [0.0; 2] }.then(&jitter),
            random,
        );
    };
    finish(photo, &to.then(&jitter), random)
}

/// The picture that a transform makes of a photo, or its mirror image.
fn finish(photo: &Photo, to: &Similarity, random: &mut impl Rng) -> Photo {
    let mut picture = warp(photo, to, SIDE).unwrap_or_else(|| resize(photo, SIDE, SIDE));
    if random.random_bool(0.5) {
        let row = 3 * SIDE as usize;
        for row in picture.rgb.chunks_exact_mut(row) {
            row.as_chunks_mut::<3>().0.reverse();
        }
    }
    picture
}

/// Other light, other colours, sometimes none, less sharp, with noise.
pub(super) fn weathered(photo: Photo, random: &mut impl Rng) -> Vec<u8> {
    let photo = if random.random_bool(0.2) { blurred(&photo, random) } else { photo };
    let Photo { mut rgb, .. } = photo;
    let contrast = random.random_range(0.75..1.25_f32);
    let brightness = random.random_range(-25.0..25.0_f32);
    let tint: [f32; 3] = std::array::from_fn(|_| random.random_range(0.92..1.08));
    let is_grey = random.random_bool(0.1);
    let noise = if random.random_bool(0.2) { random.random_range(1.0..8.0_f32) } else { 0.0 };
    for pixel in rgb.as_chunks_mut::<3>().0 {
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
    rgb
}

/// As if the photo had been smaller.
fn blurred(photo: &Photo, random: &mut impl Rng) -> Photo {
    let side = random.random_range(SIDE / 4..SIDE);
    resize(&resize(photo, side, side), SIDE, SIDE)
}

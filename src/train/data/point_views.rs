//! Random training pictures for the landmark network.

use rand::Rng;

use super::faces::AnnotatedFace;
use super::views::{JitterRange, color_jitter, jitter, warped};
use crate::domain::Landmarks;
use crate::photo::{Photo, Similarity};

/// Picture with its points in pixels, or without a face.
pub(crate) struct PointPicture {
    pub(crate) rgb: Vec<u8>,
    pub(crate) points: Option<Landmarks>,
}

/// Share of the pictures without a face.
const FACELESS: f64 = 0.15;
/// Share of the faces that are nearly aligned, as in a second pass.
const NEARLY_ALIGNED: f64 = 0.6;

/// Returns a random picture of `side` pixels.
pub(crate) fn point_picture(
    face: &AnnotatedFace,
    side: u32,
    random: &mut impl Rng,
) -> PointPicture {
    if random.random_bool(FACELESS) {
        return faceless(face, side, random);
    }
    // The range is small as in a second pass, or large as in a first pass.
    let range = match random.random_bool(NEARLY_ALIGNED) {
        true => JitterRange { scale: 0.12, angle_radians: 0.12, shift: 0.05 },
        false => JitterRange { scale: 0.6, angle_radians: 0.5, shift: 0.16 },
    };
    let to = aligning(face, side).then(&jitter(side, range, random));
    let mut picture = warped(&face.photo, &to, side);
    let mut points = Landmarks(face.landmarks.0.map(|point| to.map(point)));
    if random.random_bool(0.5) {
        picture = picture.mirrored();
        points = points.mirrored(side as f32);
    }
    PointPicture { rgb: color_jitter(&picture, random).rgb, points: Some(points) }
}

/// Returns the similarity that centers a face in a picture of `side` pixels.
///
/// A second pass sees faces this way.
fn aligning(face: &AnnotatedFace, side: u32) -> Similarity {
    Similarity::fit(&face.landmarks, &Landmarks::close_up(side as f32))
}

/// Returns a picture without an upright face.
///
/// It shows noise, an upside-down face, a part of the photo that is much too near, or a part next
/// to the face.
fn faceless(face: &AnnotatedFace, side: u32, random: &mut impl Rng) -> PointPicture {
    let middle = [side as f32 / 2.0; 2];
    let rgb = match random.random_range(0..4) {
        0 => noise(side, random),
        1 => {
            let angle = random.random_range(2.2..4.1_f32);
            let turn = Similarity::about(middle, random.random_range(0.8..1.3), angle, [0.0; 2]);
            warped(&face.photo, &aligning(face, side).then(&turn), side).rgb
        }
        2 => {
            let near = Similarity::about(middle, random.random_range(3.5..7.0), 0.0, [0.0; 2]);
            let shift = std::array::from_fn(|_| random.random_range(-2.0..2.0) * side as f32);
            let to = aligning(face, side).then(&near).then(&Similarity { a: 1.0, b: 0.0, shift });
            warped(&face.photo, &to, side).rgb
        }
        _ => {
            let away = random.random_range(1.05..1.8) * side as f32;
            let (sine, cosine) = random.random_range(0.0..std::f32::consts::TAU).sin_cos();
            let shift = [away * cosine, away * sine];
            let to = aligning(face, side).then(&Similarity { a: 1.0, b: 0.0, shift });
            warped(&face.photo, &to, side).rgb
        }
    };
    let picture = color_jitter(&Photo { width: side, height: side, rgb }, random);
    PointPicture { rgb: picture.rgb, points: None }
}

/// Returns blots of a random size in random colors.
fn noise(side: u32, random: &mut impl Rng) -> Vec<u8> {
    let cells = random.random_range(1..=side / 2);
    let rgb = (0..3 * cells * cells).map(|_| random.random_range(0..=255)).collect();
    crate::photo::resize(&Photo { width: cells, height: cells, rgb }, side, side).rgb
}

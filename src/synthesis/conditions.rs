//! How a photo was taken: by what light, from where, with what face.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::genome::normal;

/// What all faces cut from one photograph share.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    /// Towards the light: to the right, down, and to the camera; of length 1.
    pub(super) light: [f32; 3],
    /// Strength of the light from there, red, green, blue.
    pub(super) key: [f32; 3],
    /// Strength of the light from everywhere.
    pub(super) ambient: [f32; 3],
    /// How much of the colour the film keeps, 0 for black and white.
    pub(super) saturation: f32,
    /// Standard deviation of the blur, in pixels.
    pub(super) blur: f32,
    /// Most that the film's grain adds or takes, in 8-bit steps.
    pub(super) noise: f32,
    /// Two colours of what is behind.
    pub(super) backdrop: [[f32; 3]; 2],
}

/// How someone looks in one photo.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    /// To the side, downwards and tilted, in radians.
    pub(super) turn: [f32; 3],
    /// 0 to 1.
    pub(super) smile: f32,
    /// How far the mouth is open, 0 to 1.
    pub(super) open: f32,
    /// How far the brows are raised, -1 to 1.
    pub(super) brows: f32,
    /// How far the eyes are narrowed, 0 to 1.
    pub(super) squint: f32,
    /// Where the eyes look, to the side and down, in millimetres of the iris.
    pub(super) gaze: [f32; 2],
    /// Pixels per millimetre.
    pub(super) scale: f32,
    /// Pixels that the face is off its place.
    pub(super) shift: [f32; 2],
    /// Colour of what is worn.
    pub(super) cloth: [f32; 3],
    /// How the hair is worn: what share of people of the sex wear it shorter.
    pub(super) hair: f32,
    /// Side of the parting, -1 to 1, and how far hair falls on the forehead, 0 to 1.
    pub(super) parting: [f32; 2],
    /// How a beard is worn: what share of men wear less.
    pub(super) beard: f32,
    /// What else is left to chance: where strands, freckles and specks are.
    pub(super) seed: u32,
}

impl Scene {
    /// A photograph of that year: old ones are more often black and white, grainy and blurred.
    pub(super) fn draw(year: i32, random: &mut ChaCha8Rng) -> Self {
        let old = ((1985 - year) as f32 / 45.0).clamp(0.0, 1.0);
        let side = random.random_range(-0.85..0.85_f32);
        let up = random.random_range(0.1..0.75_f32);
        let length = (side * side + up * up + 0.5).sqrt();
        let exposure = 1.0 + 0.15 * normal(random).clamp(-2.0, 2.0);
        let contrast = random.random_range(0.45..0.72_f32);
        // Warm light has more red than blue.
        let warmth = 0.09 * normal(random).clamp(-2.0, 2.0);
        let tint = [1.0 + warmth, 1.0, 1.0 - warmth];
        let grey = random.random::<f32>() < 0.04 + 0.7 * old;
        Self {
            light: [side / length, -up / length, 0.5_f32.sqrt() / length],
            key: tint.map(|tint| 1.6 * exposure * contrast * tint),
            ambient: [tint[2], 1.0, tint[0]].map(|tint| 1.05 * exposure * (1.0 - contrast) * tint),
            saturation: if grey { 0.0 } else { random.random_range(0.75..1.1) },
            blur: 0.55 + random.random_range(0.0..0.5_f32) * (1.0 + old),
            noise: 1.0 + random.random_range(0.0..1.6_f32) * (1.0 + old),
            backdrop: [backdrop(random), backdrop(random)],
        }
    }
}

fn backdrop(random: &mut ChaCha8Rng) -> [f32; 3] {
    let brightness = random.random_range(0.03..0.5_f32);
    std::array::from_fn(|_| brightness * random.random_range(0.75..1.15_f32))
}

impl Moment {
    /// How somebody comes out.
    pub(super) fn draw(random: &mut ChaCha8Rng) -> Self {
        let spread = |scale: f32, random: &mut ChaCha8Rng| scale * normal(random).clamp(-2.2, 2.2);
        let smile = (random.random_range(-0.4..1.1_f32)).clamp(0.0, 1.0);
        let open = (random.random_range(-0.9..0.9_f32) + 0.5 * smile).clamp(0.0, 1.0);
        let brightness = random.random_range(0.02..0.7_f32);
        Self {
            turn: [spread(0.21, random), spread(0.1, random), spread(0.08, random)],
            smile,
            open,
            brows: spread(0.4, random).clamp(-1.0, 1.0),
            squint: (random.random_range(-0.5..0.4_f32) + 0.35 * smile).clamp(0.0, 1.0),
            gaze: [spread(0.9, random), spread(0.4, random)],
            scale: random.random_range(1.06..1.34),
            shift: [spread(4.0, random), spread(4.0, random)],
            cloth: std::array::from_fn(|_| brightness * random.random_range(0.4..1.3_f32)),
            hair: random.random(),
            parting: [random.random_range(-1.0..1.0), random.random()],
            beard: random.random(),
            seed: random.random(),
        }
    }
}

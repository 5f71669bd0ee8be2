//! Conditions of a photo: light, camera and facial expression.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::genome::normal;

/// Conditions that all faces of one photograph share.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    /// Direction to the light: right, down, and to the camera. Its length is 1.
    pub(super) light: [f32; 3],
    /// Strength of the light from this direction: red, green, blue.
    pub(super) key: [f32; 3],
    /// Strength of the ambient light.
    pub(super) ambient: [f32; 3],
    /// Color saturation of the film, 0 for black and white.
    pub(super) saturation: f32,
    /// Standard deviation of the blur, in pixels.
    pub(super) blur: f32,
    /// Maximum change of a value by the film's grain, in 8-bit steps.
    pub(super) noise: f32,
    /// Two colors of the background.
    pub(super) backdrop: [[f32; 3]; 2],
}

/// Look of a person in one photo.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    /// Turn of the head to the side, down and tilted, in radians.
    pub(super) turn: [f32; 3],
    /// Strength of the smile, 0 to 1.
    pub(super) smile: f32,
    /// Opening of the mouth, 0 to 1.
    pub(super) open: f32,
    /// Raise of the brows, -1 to 1.
    pub(super) brows: f32,
    /// Narrowing of the eyes, 0 to 1.
    pub(super) squint: f32,
    /// Direction of the gaze, to the side and down, in millimeters of the iris.
    pub(super) gaze: [f32; 2],
    /// Pixels per millimeter.
    pub(super) scale: f32,
    /// Offset of the face from its default position, in pixels.
    pub(super) shift: [f32; 2],
    /// Color of the clothing.
    pub(super) cloth: [f32; 3],
    /// Hair length: the share of people of the sex with shorter hair.
    pub(super) hair: f32,
    /// Side of the parting, and reach of the hair on the forehead.
    ///
    /// The side is -1 to 1, the reach 0 to 1.
    pub(super) parting: [f32; 2],
    /// Amount of beard: the share of men with less beard.
    pub(super) beard: f32,
    /// Seed of the other random details: strands, freckles and specks.
    pub(super) seed: u32,
}

impl Scene {
    /// Draws the scene of a photograph of that year.
    ///
    /// Old photographs are more often black and white, grainy and blurred.
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
        let gray = random.random::<f32>() < 0.04 + 0.7 * old;
        Self {
            light: [side / length, -up / length, 0.5_f32.sqrt() / length],
            key: tint.map(|tint| 1.6 * exposure * contrast * tint),
            ambient: [tint[2], 1.0, tint[0]].map(|tint| 1.05 * exposure * (1.0 - contrast) * tint),
            saturation: if gray { 0.0 } else { random.random_range(0.75..1.1) },
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

/// Draws an approximately normal number of this standard deviation, without extremes.
fn spread(deviation: f32, random: &mut ChaCha8Rng) -> f32 {
    deviation * normal(random).clamp(-2.2, 2.2)
}

impl Moment {
    /// Draws the look of a person in one photo.
    pub(super) fn draw(random: &mut ChaCha8Rng) -> Self {
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

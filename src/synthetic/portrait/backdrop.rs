//! Background behind people, out of focus.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::vector::{Vec3, blend, hill, step};
use crate::synthetic::conditions::Scene;

/// Number of lights and shapes in the background.
const BLOBS: usize = 7;

/// Backdrop: one color above, one below, and blobs of light and dark.
pub(super) struct Backdrop {
    colors: [Vec3; 2],
    blobs: [Blob; BLOBS],
}

struct Blob {
    center: [f32; 2],
    radius: f32,
    color: Vec3,
}

impl Backdrop {
    pub(super) fn new(scene: &Scene, seed: u32) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed.into());
        let blobs = std::array::from_fn(|i| Blob {
            center: [random.random_range(0.0..1.0), random.random_range(0.0..1.0)],
            radius: random.random_range(0.12..0.5),
            color: {
                let brightness = random.random_range(0.3..2.2_f32);
                scene.backdrop[i % 2]
                    .map(|value| value * brightness * random.random_range(0.8..1.2))
            },
        });
        Self { colors: scene.backdrop, blobs }
    }

    /// Returns the light from a point with coordinates from 0 to 1.
    pub(super) fn light(&self, [x, y]: [f32; 2]) -> Vec3 {
        let mut light = blend(self.colors[0], self.colors[1], step(0.1, 0.9, y));
        for Blob { center, radius, color } in &self.blobs {
            let share = hill((x - center[0]) / radius, (y - center[1]) / radius);
            if share > 0.0 {
                light = blend(light, *color, 0.8 * share);
            }
        }
        light
    }
}

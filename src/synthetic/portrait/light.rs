//! Light from a point of a surface.

use super::paint::Paint;
use super::vector::{Vec3, direction, dot, mix};
use crate::synthetic::conditions::Scene;

/// Light of a scene.
pub(super) struct Light<'a> {
    scene: &'a Scene,
    /// Direction halfway between the light and the camera. Gloss is brightest there.
    half: Vec3,
}

impl<'a> Light<'a> {
    pub(super) fn new(scene: &'a Scene) -> Self {
        let [x, y, z] = scene.light;
        Self { scene, half: direction([x, y, z + 1.0]) }
    }

    /// Returns the red, green and blue light from a point with this outward direction.
    pub(super) fn reflected(&self, paint: &Paint, normal: Vec3) -> Vec3 {
        let Scene { light, key, ambient, .. } = self.scene;
        let normal = direction(normal);
        let facing = dot(normal, *light);
        let shine = dot(normal, self.half).max(0.0);
        let shine = shine * shine * shine * shine;
        let shine = 0.1 * paint.gloss * shine * shine * shine;
        let sky = mix(0.55, 1.0, 0.5 - 0.5 * normal[1]) * mix(0.6, 1.0, normal[2].max(0.0));
        std::array::from_fn(|channel| {
            // In skin, light spreads around corners, and red spreads farther than blue.
            let round = paint.depth * [0.32, 0.17, 0.12][channel] + 0.08;
            let direct = ((facing + round) / (1.0 + round)).max(0.0) * mix(1.0, paint.open, 0.6);
            let soft = ambient[channel] * sky * paint.open;
            let matt = paint.color[channel] * (key[channel] * direct + soft);
            matt + key[channel] * shine * paint.open
        })
    }
}

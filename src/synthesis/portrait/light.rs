//! How much light comes from a point.

use super::paint::Paint;
use super::vector::{Vec3, direction, dot, mix};
use crate::synthesis::conditions::Scene;

/// Light of red, green and blue from a point with this outward direction.
pub(super) fn reflected(scene: &Scene, paint: &Paint, normal: Vec3) -> Vec3 {
    let normal = direction(normal);
    let facing = dot(normal, scene.light);
    // Seen from ahead, the brightest gloss is half way between light and camera.
    let half = direction([scene.light[0], scene.light[1], scene.light[2] + 1.0]);
    let shine = dot(normal, half).max(0.0);
    let shine = shine * shine * shine * shine;
    let shine = 0.1 * paint.gloss * shine * shine * shine;
    let sky = mix(0.55, 1.0, 0.5 - 0.5 * normal[1]) * mix(0.6, 1.0, normal[2].max(0.0));
    std::array::from_fn(|channel| {
        // In skin light goes round corners, red farther than blue.
        let round = paint.depth * [0.32, 0.17, 0.12][channel] + 0.08;
        let direct = ((facing + round) / (1.0 + round)).max(0.0) * mix(1.0, paint.open, 0.6);
        let key = scene.key[channel];
        let soft = scene.ambient[channel] * sky * paint.open;
        paint.color[channel] * (key * direct + soft) + key * shine * paint.open
    })
}

//! Surface properties of a point for lighting.

use super::vector::{Vec3, blend};

/// Color and finish of a point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    /// Share of red, green and blue light that is reflected.
    pub(super) color: Vec3,
    /// Share of the surrounding light that reaches the point.
    pub(super) open: f32,
    /// Strength of the gloss.
    pub(super) gloss: f32,
    /// Spread of light below the surface: 1 for skin, 0 for cloth.
    pub(super) depth: f32,
}

impl Paint {
    /// Covers the point with a color. `cover` is from 0 to 1.
    pub(super) fn lay(&mut self, color: Vec3, cover: f32) {
        self.color = blend(self.color, color, cover.clamp(0.0, 1.0));
    }

    /// Multiplies the color by another.
    pub(super) fn stain(&mut self, stain: Vec3, strength: f32) {
        for (color, stain) in self.color.iter_mut().zip(stain) {
            *color *= 1.0 + (stain - 1.0) * strength.clamp(0.0, 1.0);
        }
    }

    /// Blocks a share of the light to the point.
    pub(super) fn shade(&mut self, share: f32) {
        self.open *= 1.0 - share.clamp(0.0, 0.95);
    }
}

//! What light meets at a point of a surface.

use super::vector::{Vec3, blend};

/// Colour and finish of a point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    /// Share of red, green and blue light that is reflected.
    pub(super) color: Vec3,
    /// Share of the light from around that reaches it.
    pub(super) open: f32,
    /// How much it shines.
    pub(super) gloss: f32,
    /// How far light spreads below the surface: 1 for skin, 0 for cloth.
    pub(super) depth: f32,
}

impl Paint {
    /// Lays a colour over it; `cover` is from 0 to 1.
    pub(super) fn lay(&mut self, color: Vec3, cover: f32) {
        self.color = blend(self.color, color, cover.clamp(0.0, 1.0));
    }

    /// Multiplies its colour by another.
    pub(super) fn stain(&mut self, by: Vec3, strength: f32) {
        for (own, by) in self.color.iter_mut().zip(by) {
            *own *= 1.0 + (by - 1.0) * strength.clamp(0.0, 1.0);
        }
    }

    /// Keeps a share of the light from it.
    pub(super) fn shade(&mut self, share: f32) {
        self.open *= 1.0 - share.clamp(0.0, 0.95);
    }
}

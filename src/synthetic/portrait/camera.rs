//! Projection from the face to the picture.

use super::vector::Vec3;

/// Distance from the camera to the face, in millimeters. A shorter distance makes noses larger.
const DISTANCE: f32 = 900.0;

/// Camera in front of a turned face.
pub(super) struct Camera {
    rows: [Vec3; 3],
    scale: f32,
    center: [f32; 2],
}

impl Camera {
    /// Creates a camera for a head that turns about its middle.
    ///
    /// The turn is `[to the side, down, tilt]` in radians. The middle of the face appears at
    /// `center`, in pixels. One millimeter of it has `scale` pixels.
    pub(super) fn new(turn: [f32; 3], scale: f32, center: [f32; 2]) -> Self {
        let [(s, c), (u, d), (r, q)] = turn.map(f32::sin_cos);
        // The order is: to the side, down, tilt.
        let side = [[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]];
        let down = [side[1].map(|v| v * d), side[2]];
        let nod: [Vec3; 3] = [
            side[0],
            std::array::from_fn(|axis| down[0][axis] + u * side[2][axis]),
            std::array::from_fn(|axis| -u * side[1][axis] + d * side[2][axis]),
        ];
        let rows = [
            std::array::from_fn(|axis| q * nod[0][axis] - r * nod[1][axis]),
            std::array::from_fn(|axis| r * nod[0][axis] + q * nod[1][axis]),
            nod[2],
        ];
        Self { rows, scale, center }
    }

    /// Turns a point of the head. The result is relative to the head's middle.
    pub(super) fn turn(&self, point: Vec3) -> Vec3 {
        let [x, y, z] = [point[0], point[1] - 30.0, point[2]];
        self.rows.map(|row| row[0] * x + row[1] * y + row[2] * z)
    }

    /// Projects a turned point to pixels, with its depth.
    pub(super) fn project(&self, [x, y, z]: Vec3) -> Vec3 {
        let scale = self.scale * DISTANCE / (DISTANCE - (z - 80.0));
        [self.center[0] + scale * x, self.center[1] + scale * y, z]
    }

    /// Returns the position of a point of the head in the picture, in pixels.
    pub(super) fn see(&self, point: Vec3) -> [f32; 2] {
        let [x, y, _] = self.project(self.turn(point));
        [x, y]
    }
}

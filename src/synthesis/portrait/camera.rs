//! From the face to the picture.

use super::vector::Vec3;

/// Millimetres from the camera to the face; a shorter distance makes noses larger.
const DISTANCE: f32 = 900.0;

/// A turned face before a camera.
pub(super) struct Camera {
    rows: [Vec3; 3],
    scale: f32,
    center: [f32; 2],
}

impl Camera {
    /// Turns by `[to the side, down, tilt]` in radians about the middle of the head; the face's middle comes to `center`,
    /// in pixels, and is `scale` pixels a millimetre large.
    pub(super) fn new(turn: [f32; 3], scale: f32, center: [f32; 2]) -> Self {
        let [(s, c), (u, d), (r, q)] = turn.map(f32::sin_cos);
        // First to the side, then down, then the tilt.
        let side = [[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]];
        let down = [side[1].map(|v| v * d), side[2]];
        let nod: [Vec3; 3] = [
            side[0],
            std::array::from_fn(|at| down[0][at] + u * side[2][at]),
            std::array::from_fn(|at| -u * side[1][at] + d * side[2][at]),
        ];
        let rows = [
            std::array::from_fn(|at| q * nod[0][at] - r * nod[1][at]),
            std::array::from_fn(|at| r * nod[0][at] + q * nod[1][at]),
            nod[2],
        ];
        Self { rows, scale, center }
    }

    /// A point of the head as it is turned, from the head's middle.
    pub(super) fn turn(&self, point: Vec3) -> Vec3 {
        let [x, y, z] = [point[0], point[1] - 30.0, point[2]];
        self.rows.map(|row| row[0] * x + row[1] * y + row[2] * z)
    }

    /// A turned point in pixels, and its depth.
    pub(super) fn project(&self, [x, y, z]: Vec3) -> Vec3 {
        let scale = self.scale * DISTANCE / (DISTANCE - (z - 80.0));
        [self.center[0] + scale * x, self.center[1] + scale * y, z]
    }

    /// Where a point of the head is in the picture, in pixels.
    pub(super) fn see(&self, point: Vec3) -> [f32; 2] {
        let [x, y, _] = self.project(self.turn(point));
        [x, y]
    }
}

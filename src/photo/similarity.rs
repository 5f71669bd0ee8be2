//! Similarity transforms of the plane.

use crate::domain::Landmarks;

/// A similarity transform: (x, y) ↦ (ax − by + tx, bx + ay + ty).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similarity {
    /// Scale times cosine.
    pub a: f32,
    /// Scale times sine.
    pub b: f32,
    /// Image of the point (0, 0).
    pub shift: [f32; 2],
}

impl Similarity {
    /// Fits the least-squares transform of `from` to `to` (Umeyama 1991, without reflection).
    ///
    /// It only translates if all points of `from` are equal.
    pub fn fit(from: &Landmarks, to: &Landmarks) -> Self {
        let source = from.center();
        let target = to.center();
        let mut dot = 0.0;
        let mut cross = 0.0;
        let mut square = 0.0;
        for (p, q) in from.0.iter().zip(&to.0) {
            let [px, py] = [p[0] - source[0], p[1] - source[1]];
            let [qx, qy] = [q[0] - target[0], q[1] - target[1]];
            dot += px * qx + py * qy;
            cross += px * qy - py * qx;
            square += px * px + py * py;
        }
        let (a, b) = if square > 0.0 { (dot / square, cross / square) } else { (1.0, 0.0) };
        let [x, y] = source;
        Self { a, b, shift: [target[0] - a * x + b * y, target[1] - b * x - a * y] }
    }

    /// Scales by `scale` and rotates clockwise by `angle` radians about `center`, then translates
    /// by `shift`.
    pub fn about(center: [f32; 2], scale: f32, angle: f32, shift: [f32; 2]) -> Self {
        let a = scale * angle.cos();
        let b = scale * angle.sin();
        let [x, y] = center;
        Self { a, b, shift: [x - a * x + b * y + shift[0], y - b * x - a * y + shift[1]] }
    }

    /// Returns this transform followed by another.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        Self {
            a: next.a * self.a - next.b * self.b,
            b: next.b * self.a + next.a * self.b,
            shift: next.map(self.shift),
        }
    }

    /// Transforms a point.
    pub fn map(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [self.a * x - self.b * y + self.shift[0], self.b * x + self.a * y + self.shift[1]]
    }

    /// The scale factor of distances.
    pub fn scale(&self) -> f32 {
        self.a.hypot(self.b)
    }

    /// Returns the inverse transform. Returns `None` if all points map to one point.
    pub fn inverse(&self) -> Option<Self> {
        let square = self.a * self.a + self.b * self.b;
        if !(square.is_normal() && self.shift.iter().all(|value| value.is_finite())) {
            return None;
        }
        let a = self.a / square;
        let b = -self.b / square;
        let [x, y] = self.shift;
        Some(Self { a, b, shift: [b * y - a * x, -b * x - a * y] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turned() -> Similarity {
        Similarity::about([50.0, 60.0], 1.7, 0.4, [-3.0, 8.0])
    }

    #[test]
    fn the_similarity_between_landmarks_is_found_again() {
        let moved = Landmarks(Landmarks::ALIGNED.0.map(|point| turned().map(point)));
        let found = Similarity::fit(&Landmarks::ALIGNED, &moved);
        assert!((found.a - turned().a).abs() < 1e-4 && (found.b - turned().b).abs() < 1e-4);
        assert!((moved.eye_distance() / Landmarks::ALIGNED.eye_distance() - 1.7).abs() < 1e-4);
    }

    #[test]
    fn a_similarity_and_its_inverse_lead_back() {
        let there_and_back = turned().then(&turned().inverse().unwrap());
        let [x, y] = there_and_back.map([12.0, -7.0]);
        assert!((x - 12.0).abs() < 1e-3 && (y + 7.0).abs() < 1e-3, "{x} {y}");
        let point = Landmarks([[1.0, 1.0]; 5]);
        assert_eq!(Similarity::fit(&Landmarks::ALIGNED, &point).inverse(), None);
    }
}

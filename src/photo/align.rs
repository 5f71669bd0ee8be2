//! Alignment of faces by their landmarks.

use super::{Photo, resize};

/// Five points of a face in pixels of its photo.
///
/// x points right and y down, from the photo's upper left corner. The order is: left eye, right
/// eye, tip of the nose, left mouth corner, right mouth corner. Left and right are as seen in the
/// image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Landmarks(pub [[f32; 2]; 5]);

impl Landmarks {
    /// Landmarks of an aligned face, in pixels of a crop of 112 × 112.
    ///
    /// Recognition networks since ArcFace (Deng et al. 2019) are trained with these positions.
    pub const ALIGNED: Self = Self([
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]);

    /// Side of the crop of [`Self::ALIGNED`], in pixels.
    pub const ALIGNED_SIZE: f32 = 112.0;

    /// Returns [`Self::ALIGNED`] for a crop of `side` pixels.
    pub fn aligned(side: f32) -> Self {
        Self(Self::ALIGNED.0.map(|point| point.map(|value| value * side / Self::ALIGNED_SIZE)))
    }

    /// Returns the landmarks of a closer aligned face, in an image of `side` pixels.
    ///
    /// The face is centered. Its eyes are 0.44 of the side apart, compared with 0.31 in a crop of
    /// [`Self::aligned`].
    pub fn close_up(side: f32) -> Self {
        const NEARER: f32 = 1.4;
        let aligned = Self::aligned(side).0;
        let middle = [0, 1].map(|axis| aligned.iter().map(|point| point[axis]).sum::<f32>() / 5.0);
        let place = |axis: usize, value: f32| side / 2.0 + NEARER * (value - middle[axis]);
        Self(aligned.map(|[x, y]| [place(0, x), place(1, y)]))
    }

    /// Returns the same face in the mirror image of a photo `width` pixels wide.
    #[must_use]
    pub fn mirrored(&self, width: f32) -> Self {
        let [left, right, nose, left_corner, right_corner] = self.0.map(|[x, y]| [width - x, y]);
        Self([right, left, nose, right_corner, left_corner])
    }

    /// Returns the distance between the eyes.
    pub fn eye_distance(&self) -> f32 {
        let [left, right, ..] = self.0;
        (right[0] - left[0]).hypot(right[1] - left[1])
    }
}

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
        let mean = |points: &[[f32; 2]; 5], axis: usize| {
            points.iter().map(|point| point[axis]).sum::<f32>() / points.len() as f32
        };
        let center = |Landmarks(points): &Landmarks| [mean(points, 0), mean(points, 1)];
        let source = center(from);
        let target = center(to);
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

/// Warps the photo by `transform` into a square of `size` pixels.
///
/// Sampling is bilinear. Beyond the photo's edge, the edge pixels are repeated. If the transform
/// shrinks the photo, it is scaled down first to avoid aliasing.
///
/// Returns `None` if the transform maps all points to one point.
pub fn warp(photo: &Photo, transform: &Similarity, size: u32) -> Option<Photo> {
    let back = transform.inverse()?;
    let scale = transform.scale();
    let side = |side: u32| ((side as f32 * scale).round() as u32).clamp(1, side);
    let small = resize(photo, side(photo.width), side(photo.height));
    let ratio =
        [small.width as f32 / photo.width as f32, small.height as f32 / photo.height as f32];
    let mut rgb = Vec::with_capacity(3 * (size * size) as usize);
    for y in 0..size {
        for x in 0..size {
            // Pixels are squares; a value belongs to its middle.
            let [u, v] = back.map([x as f32 + 0.5, y as f32 + 0.5]);
            rgb.extend(sample(&small, u * ratio[0] - 0.5, v * ratio[1] - 0.5));
        }
    }
    Some(Photo { width: size, height: size, rgb })
}

/// Interpolates the color between four pixels.
fn sample(photo: &Photo, x: f32, y: f32) -> [u8; 3] {
    let place = |value: f32, side: u32| {
        let value = value.clamp(0.0, (side - 1) as f32);
        let first = value as usize;
        (first, (first + 1).min(side as usize - 1), value - first as f32)
    };
    let (left, right, to_right) = place(x, photo.width);
    let (top, bottom, to_bottom) = place(y, photo.height);
    let pixel = |x: usize, y: usize| &photo.rgb[3 * (y * photo.width as usize + x)..][..3];
    let corners = [pixel(left, top), pixel(right, top), pixel(left, bottom), pixel(right, bottom)];
    std::array::from_fn(|channel| {
        let [a, b, c, d] = corners.map(|pixel| f32::from(pixel[channel]));
        let upper = a + (b - a) * to_right;
        let lower = c + (d - c) * to_right;
        (upper + (lower - upper) * to_bottom + 0.5) as u8
    })
}

impl Photo {
    /// Returns its mirror image.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        let mut mirrored = self.clone();
        for row in mirrored.rgb.chunks_exact_mut(3 * self.width as usize) {
            row.as_chunks_mut::<3>().0.reverse();
        }
        mirrored
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

    #[test]
    fn a_warped_photo_has_its_points_where_they_belong() {
        // A dark photo with a bright spot about each point.
        let points = [[20.0, 30.0], [70.0, 25.0], [48.0, 50.0], [30.0, 70.0], [66.0, 68.0]];
        let near = |x: usize, y: usize| {
            let far = |p: &[f32; 2]| (x as f32 + 0.5 - p[0]).hypot(y as f32 + 0.5 - p[1]);
            points.iter().map(far).fold(f32::MAX, f32::min) < 3.0
        };
        let bright = |at: usize| if near(at % 96, at / 96) { [250; 3] } else { [10; 3] };
        let rgb = (0..96 * 96).flat_map(bright).collect();
        let photo = Photo { width: 96, height: 96, rgb };
        let to = Similarity::fit(&Landmarks(points), &Landmarks::ALIGNED);
        let crop = warp(&photo, &to, 112).unwrap();
        for point in points {
            let [x, y] = to.map(point).map(|value| value as usize);
            assert!(crop.rgb[3 * (112 * y + x)] > 150, "{x} {y}");
        }
        assert!(crop.rgb[0] < 30);
    }
}

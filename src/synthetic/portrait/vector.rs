//! Points and directions in space, and curves between numbers.
//!
//! x goes to the right of the picture, y down, z toward the camera. Except for turning, only sums,
//! products and roots are used. These are the same on every machine.

pub(super) type Vec3 = [f32; 3];

pub(super) fn dot(a: Vec3, b: Vec3) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(super) fn sub(a: Vec3, b: Vec3) -> Vec3 {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

pub(super) fn cross(a: Vec3, b: Vec3) -> Vec3 {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// Returns the direction of a vector, or that of the camera if it has none.
pub(super) fn direction(a: Vec3) -> Vec3 {
    let square = dot(a, a);
    let scale = 1.0 / square.sqrt();
    if square > 1e-18 { a.map(|value| value * scale) } else { [0.0, 0.0, 1.0] }
}

pub(super) fn mix(a: f32, b: f32, share: f32) -> f32 {
    a + (b - a) * share
}

pub(super) fn blend(a: Vec3, b: Vec3, share: f32) -> Vec3 {
    [mix(a[0], b[0], share), mix(a[1], b[1], share), mix(a[2], b[2], share)]
}

/// Returns 0 up to `from`, 1 beyond `to`, and a smooth value between them.
///
/// `to` may be less than `from`.
pub(super) fn step(from: f32, to: f32, value: f32) -> f32 {
    let t = ((value - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Returns a hill of height 1 and radius 1.
///
/// It is similar to a Gaussian of standard deviation 0.38.
pub(super) fn hill(dx: f32, dy: f32) -> f32 {
    let inside = (1.0 - dx * dx - dy * dy).max(0.0);
    inside * inside * inside
}

/// Returns the smooth curve through `points` at `x`.
///
/// The points ascend in their first number. The curve is level beyond its ends.
pub(super) fn curve(points: &[[f32; 2]], x: f32) -> f32 {
    let next = points.partition_point(|point| point[0] < x);
    if next == 0 {
        return points[0][1];
    }
    let Some(&[x1, y1]) = points.get(next) else { return points[next - 1][1] };
    let [x0, y0] = points[next - 1];
    let width = x1 - x0;
    let t = (x - x0) / width;
    let m0 = slope(points, next - 1).unwrap_or((y1 - y0) / width) * width;
    let m1 = slope(points, next).unwrap_or((y1 - y0) / width) * width;
    let t2 = t * t;
    let t3 = t * t * t;
    (2.0 * t3 - 3.0 * t2 + 1.0) * y0
        + (t3 - 2.0 * t2 + t) * m0
        + (3.0 * t2 - 2.0 * t3) * y1
        + (t3 - t2) * m1
}

/// Returns the slope of the chord between the neighbors of a point (Catmull-Rom).
///
/// Returns `None` at the ends.
fn slope(points: &[[f32; 2]], i: usize) -> Option<f32> {
    let [ax, ay] = points[i.checked_sub(1)?];
    let [bx, by] = points.get(i + 1)?;
    Some((by - ay) / (bx - ax))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_goes_through_its_points_and_is_level_beyond_them() {
        let points = [[0.0, 1.0], [2.0, 5.0], [3.0, -1.0]];
        for [x, y] in points {
            assert!((curve(&points, x) - y).abs() < 1e-5);
        }
        assert_eq!([curve(&points, -9.0), curve(&points, 9.0)], [1.0, -1.0]);
    }
}

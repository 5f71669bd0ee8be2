//! Warping of photos.

use super::{Photo, Similarity, resize};

/// Warps the photo by `transform` into a square of `size` pixels.
///
/// Sampling is bilinear. Beyond the photo's edge, the edge pixels are repeated. If the transform
/// shrinks the photo, it is scaled down first to avoid aliasing.
///
/// Returns `None` if the transform maps all points to one point.
pub fn warp(photo: &Photo, transform: &Similarity, size: u32) -> Option<Photo> {
    let back = transform.inverse()?;
    let scale = transform.scale();
    let [small_width, small_height] = [photo.width, photo.height]
        .map(|side| ((side as f32 * scale).round() as u32).clamp(1, side));
    let small = resize(photo, small_width, small_height);
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
    let column = Neighbors::new(x, photo.width);
    let row = Neighbors::new(y, photo.height);
    let corners = [
        photo.pixel(column.first, row.first),
        photo.pixel(column.second, row.first),
        photo.pixel(column.first, row.second),
        photo.pixel(column.second, row.second),
    ];
    std::array::from_fn(|channel| {
        let [a, b, c, d] = corners.map(|pixel| f32::from(pixel[channel]));
        let upper = a + (b - a) * column.offset;
        let lower = c + (d - c) * column.offset;
        (upper + (lower - upper) * row.offset + 0.5) as u8
    })
}

/// The two pixels next to a position on one axis.
struct Neighbors {
    first: usize,
    second: usize,
    /// Distance of the position from the first pixel, 0 to 1.
    offset: f32,
}

impl Neighbors {
    /// Finds the neighbors of `position` among `side` pixels. Beyond the edge, both are the edge
    /// pixel.
    fn new(position: f32, side: u32) -> Self {
        let position = position.clamp(0.0, (side - 1) as f32);
        let first = position as usize;
        Self { first, second: (first + 1).min(side as usize - 1), offset: position - first as f32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Landmarks;

    #[test]
    fn a_warped_photo_has_its_points_where_they_belong() {
        // A dark photo with a bright spot about each point.
        let points = [[20.0, 30.0], [70.0, 25.0], [48.0, 50.0], [30.0, 70.0], [66.0, 68.0]];
        let near = |x: usize, y: usize| {
            let far = |p: &[f32; 2]| (x as f32 + 0.5 - p[0]).hypot(y as f32 + 0.5 - p[1]);
            points.iter().map(far).fold(f32::MAX, f32::min) < 3.0
        };
        let bright = |i: usize| if near(i % 96, i / 96) { [250; 3] } else { [10; 3] };
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

//! Draws points on a photo.

use std::ops::Range;

use super::Photo;
use crate::domain::Landmarks;

/// Draws a small square of one color about each landmark. Those outside the photo are clipped.
pub fn mark(photo: &mut Photo, landmarks: &Landmarks, color: [u8; 3]) {
    let reach = i64::from(photo.width.max(photo.height) / 90);
    for [x, y] in landmarks.0 {
        let columns = clipped(x as i64, reach, photo.width);
        for row in clipped(y as i64, reach, photo.height) {
            for column in columns.clone() {
                let i = 3 * (row * photo.width as usize + column);
                photo.rgb[i..i + 3].copy_from_slice(&color);
            }
        }
    }
}

/// Returns the pixels up to `reach` from `middle` that are among the `side` pixels of an axis.
fn clipped(middle: i64, reach: i64, side: u32) -> Range<usize> {
    let side = i64::from(side);
    let start = middle.saturating_sub(reach).clamp(0, side);
    let end = middle.saturating_add(reach + 1).clamp(0, side);
    start as usize..end as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_on_the_photo_is_drawn() {
        let mut photo = Photo { width: 4, height: 2, rgb: vec![0; 24] };
        let points = [[-5.0, 1.0], [0.5, 0.5], [3.9, 1.9], [4.0, 0.0], [1e9, -1e9]];
        mark(&mut photo, &Landmarks(points), [9; 3]);
        let marked = photo.rgb.chunks(3).map(|pixel| pixel[0] == 9).collect::<Vec<_>>();
        assert_eq!(marked, [true, false, false, false, false, false, false, true]);
    }
}

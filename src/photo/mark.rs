//! Draws points on a photo.

use super::{Landmarks, Photo};

/// Draws a small square of one color about each landmark. Those outside the photo are clipped.
pub fn mark(photo: &mut Photo, landmarks: &Landmarks, colour: [u8; 3]) {
    let reach = i64::from(photo.width.max(photo.height) / 90);
    for [x, y] in landmarks.0 {
        let x = x as i64;
        let y = y as i64;
        let places =
            (y - reach..=y + reach).flat_map(|y| (x - reach..=x + reach).map(move |x| (x, y)));
        for (x, y) in places {
            if (0..i64::from(photo.width)).contains(&x) && (0..i64::from(photo.height)).contains(&y)
            {
                let at = 3 * (y as usize * photo.width as usize + x as usize);
                photo.rgb[at..at + 3].copy_from_slice(&colour);
            }
        }
    }
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

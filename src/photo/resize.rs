//! Scales photos.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::Photo;

/// Scales a photo to `width` × `height` pixels, each side by its own factor.
///
/// Bilinear when enlarging. When reducing, the filter widens with the factor so that fine texture
/// does not alias.
pub fn resize(photo: &Photo, width: u32, height: u32) -> Photo {
    if (photo.width, photo.height) == (width, height) {
        return photo.clone();
    }
    let source = ImageRef::new(photo.width, photo.height, &photo.rgb, PixelType::U8x3)
        .expect("a photo has three bytes a pixel");
    let mut scaled = Image::new(width, height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    Resizer::new()
        .resize(&source, &mut scaled, &options)
        .expect("both images have the same pixel type");
    Photo { width, height, rgb: scaled.into_vec() }
}

/// Returns a copy with the detail of a photo of `pixels` on the shorter side.
///
/// The size is unchanged.
pub fn lower_resolution(photo: &Photo, pixels: u32) -> Photo {
    let shorter = photo.width.min(photo.height);
    let [width, height] = [photo.width, photo.height]
        .map(|side| (u64::from(side) * u64::from(pixels) / u64::from(shorter)).max(1) as u32);
    let small = resize(photo, width, height);
    resize(&small, photo.width, photo.height)
}

/// Returns the middle square of a photo, of `size` pixels. Beyond the photo it is black.
pub fn middle(photo: &Photo, size: u32) -> Photo {
    if (photo.width, photo.height) == (size, size) {
        return photo.clone();
    }
    let columns = Overlap::new(photo.width, size);
    let rows = Overlap::new(photo.height, size);
    let row_bytes = 3 * photo.width as usize;
    let square_row_bytes = 3 * size as usize;
    let visible_bytes = 3 * columns.length;
    let mut rgb = vec![0; square_row_bytes * size as usize];
    for y in 0..rows.length {
        let start = (rows.photo_start + y) * row_bytes + 3 * columns.photo_start;
        let square_start = (rows.square_start + y) * square_row_bytes + 3 * columns.square_start;
        rgb[square_start..][..visible_bytes].copy_from_slice(&photo.rgb[start..][..visible_bytes]);
    }
    Photo { width: size, height: size, rgb }
}

/// Overlap of a photo with a square about its middle, on one axis, in pixels.
struct Overlap {
    photo_start: usize,
    square_start: usize,
    length: usize,
}

impl Overlap {
    fn new(photo_side: u32, square_side: u32) -> Self {
        Self {
            photo_start: (photo_side.saturating_sub(square_side) / 2) as usize,
            square_start: (square_side.saturating_sub(photo_side) / 2) as usize,
            length: photo_side.min(square_side) as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_resolution_loses_detail_and_keeps_size() {
        let stripes = (0..64).flat_map(|x| [if x % 2 == 0 { 0 } else { 200 }; 3]);
        let photo = Photo { width: 64, height: 32, rgb: stripes.collect::<Vec<u8>>().repeat(32) };
        let blurred = lower_resolution(&photo, 8);
        assert_eq!((blurred.width, blurred.height), (64, 32));
        assert!(blurred.rgb.iter().all(|&value| (80..=120).contains(&value)));
    }

    #[test]
    fn reducing_averages_the_pixels_it_merges() {
        let stripes = (0..64).flat_map(|x| [if x % 2 == 0 { 0 } else { 200 }; 3]);
        let row: Vec<u8> = stripes.collect();
        let photo = Photo { width: 64, height: 64, rgb: row.repeat(64) };
        let small = resize(&photo, 8, 8);
        assert_eq!((small.width, small.height, small.rgb.len()), (8, 8, 192));
        assert!(small.rgb.iter().all(|&value| (90..=110).contains(&value)), "{:?}", small.rgb);
    }

    #[test]
    fn a_photo_of_the_right_size_is_left_as_it_is() {
        let photo = Photo { width: 2, height: 1, rgb: vec![1, 2, 3, 4, 5, 6] };
        assert!(resize(&photo, 2, 1) == photo);
    }

    #[test]
    fn the_middle_of_a_photo_is_cut_out_and_what_is_missing_is_black() {
        let pixels = |values: [u8; 8]| values.iter().flat_map(|&value| [value; 3]).collect();
        let wide = Photo { width: 4, height: 2, rgb: pixels([1, 2, 3, 4, 5, 6, 7, 8]) };
        let reds = |photo: Photo| photo.rgb.chunks(3).map(|pixel| pixel[0]).collect::<Vec<_>>();
        assert_eq!(reds(middle(&wide, 2)), [2, 3, 6, 7]);
        assert_eq!(reds(middle(&wide, 4)), [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0]);
    }
}

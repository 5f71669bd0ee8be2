//! PNG files.

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

use super::Photo;

/// Encodes a photo as a PNG file.
pub fn encode_png(photo: &Photo) -> Vec<u8> {
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(&photo.rgb, photo.width, photo.height, ExtendedColorType::Rgb8)
        .expect("a photo has three bytes a pixel, and a Vec accepts all writes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::{Limits, decode};

    #[test]
    fn a_png_reads_back_as_the_same_picture() {
        let photo = Photo { width: 3, height: 2, rgb: (0..18).map(|value| value * 14).collect() };
        assert!(decode(&encode_png(&photo), &Limits::default()).unwrap() == photo);
    }
}

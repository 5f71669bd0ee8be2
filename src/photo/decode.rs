//! Decodes photo files.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader};

use super::bitmap::Photo;
use super::jpeg;
use crate::error::{Classify, ErrorKind};

/// Size limits of a photo.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Longest file, in bytes.
    pub max_file_bytes: u64,
    /// Longest side, in pixels.
    pub max_side: u32,
    /// Maximum pixels in total.
    pub max_pixels: u64,
}

impl Default for Limits {
    /// Room for a 100-megapixel scan, and no more.
    fn default() -> Self {
        Self { max_file_bytes: 64 << 20, max_side: 20_000, max_pixels: 100_000_000 }
    }
}

/// Why bytes did not become a photo.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    /// The bytes are not an image in a supported format.
    #[error("not an image in a supported format (JPEG, PNG, WebP, BMP, TIFF, GIF)")]
    UnknownFormat,
    /// The bytes begin as an image, but the rest is invalid.
    #[error("damaged image: {0}")]
    Damaged(String),
    /// The end of the image is missing.
    #[error("damaged image: the file ends before the picture does")]
    Truncated,
    /// The file is longer than [`Limits::max_file_bytes`].
    #[error("file of {found} bytes is over the limit of {limit} bytes")]
    FileTooLarge {
        /// Bytes in the file.
        found: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// The picture has more pixels than [`Limits`] allow.
    #[error(
        "picture of {width}x{height} pixels is over the limit of {max_side} a side and \
         {max_pixels} in all; scale it down"
    )]
    TooManyPixels {
        /// Pixels per row.
        width: u32,
        /// Rows.
        height: u32,
        /// Pixels allowed per side.
        max_side: u32,
        /// Pixels allowed in total.
        max_pixels: u64,
    },
}

impl Classify for PhotoError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidInput
    }
}

/// Decodes a JPEG, PNG, WebP, BMP, TIFF or GIF (its first frame).
///
/// The photo is turned upright by its EXIF orientation. Transparency is dropped, 16-bit channels
/// are scaled to 8, grays and CMYK become RGB. The limits are checked on the header, before any
/// pixel is allocated.
///
/// ```
/// use kindred::photo::{Limits, Photo, decode, encode_png};
///
/// let photo = Photo { width: 2, height: 1, rgb: vec![250, 0, 0, 0, 0, 250] };
/// let file = encode_png(&photo);
/// assert!(decode(&file, &Limits::default())? == photo);
/// # Ok::<(), kindred::photo::PhotoError>(())
/// ```
///
/// # Errors
/// - [`PhotoError::UnknownFormat`] if the format is not supported.
/// - [`PhotoError::Damaged`] if the bytes are damaged.
/// - [`PhotoError::Truncated`] if the file ends early.
/// - [`PhotoError::FileTooLarge`] if the file exceeds `limits`.
/// - [`PhotoError::TooManyPixels`] if the picture exceeds `limits`.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Photo, PhotoError> {
    let found = bytes.len() as u64;
    if found > limits.max_file_bytes {
        return Err(PhotoError::FileTooLarge { found, limit: limits.max_file_bytes });
    }
    let reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| PhotoError::Damaged(error.to_string()))?;
    // The JPEG decoder fills missing data with gray instead of refusing it.
    if reader.format() == Some(ImageFormat::Jpeg) && !jpeg::is_complete(bytes) {
        return Err(PhotoError::Truncated);
    }
    let mut decoder = reader.into_decoder().map_err(decode_error)?;
    let (width, height) = decoder.dimensions();
    check_pixels(width, height, limits)?;
    // 16-bit RGBA is the widest pixel. The decoder's other memory stays within the same amount
    // again.
    let mut allocation = image::Limits::no_limits();
    allocation.max_alloc = Some(limits.max_pixels * 16);
    decoder.set_limits(allocation).map_err(decode_error)?;
    let orientation = decoder.orientation().map_err(decode_error)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(decode_error)?;
    image.apply_orientation(orientation);
    let rgb = image.into_rgb8();
    Ok(Photo { width: rgb.width(), height: rgb.height(), rgb: rgb.into_raw() })
}

fn check_pixels(width: u32, height: u32, limits: &Limits) -> Result<(), PhotoError> {
    if width == 0 || height == 0 {
        return Err(PhotoError::Damaged("it has no pixels".into()));
    }
    let pixels = u64::from(width) * u64::from(height);
    if width.max(height) > limits.max_side || pixels > limits.max_pixels {
        let Limits { max_side, max_pixels, .. } = *limits;
        return Err(PhotoError::TooManyPixels { width, height, max_side, max_pixels });
    }
    Ok(())
}

/// Translates the decoder's error.
///
/// Only its text is retained, because it can name the format but never contains pixels.
fn decode_error(error: ImageError) -> PhotoError {
    match error {
        ImageError::Unsupported(_) => PhotoError::UnknownFormat,
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            PhotoError::Truncated
        }
        other => PhotoError::Damaged(other.to_string().trim_end().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::codecs::jpeg::JpegEncoder;
    use image::{ImageEncoder, Rgb, RgbImage};

    /// A picture with different quarters, so that a rotation is visible.
    fn picture() -> RgbImage {
        RgbImage::from_fn(24, 16, |x, y| match (x < 12, y < 8) {
            (true, true) => Rgb([250, 0, 0]),
            (false, true) => Rgb([0, 250, 0]),
            (true, false) => Rgb([0, 0, 250]),
            (false, false) => Rgb([250, 250, 250]),
        })
    }

    fn written_as(format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture().write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn pixel(photo: &Photo, x: u32, y: u32) -> [u8; 3] {
        photo.pixel(x as usize, y as usize).try_into().unwrap()
    }

    const FORMATS: [ImageFormat; 6] = [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Bmp,
        ImageFormat::Tiff,
        ImageFormat::Gif,
    ];

    #[test]
    fn every_supported_format_decodes_to_the_same_picture() {
        for format in FORMATS {
            let photo = decode(&written_as(format), &Limits::default()).ok().unwrap();
            assert_eq!((photo.width, photo.height), (24, 16), "{format:?}");
            let [red, green, _] = pixel(&photo, 2, 2);
            assert!(red > 220 && green < 40, "{format:?}: {red} {green}");
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_refused_in_every_format() {
        for format in FORMATS {
            let bytes = written_as(format);
            for length in [1, 10, bytes.len() / 2, bytes.len() * 9 / 10] {
                let cut = decode(&bytes[..length], &Limits::default());
                assert!(cut.is_err(), "{format:?} cut to {length} of {}", bytes.len());
            }
        }
    }

    #[test]
    fn exif_orientation_turns_the_picture_upright() {
        let mut bytes = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
        // A little-endian TIFF directory with one entry: orientation (0x0112), short, 6 = turn 90°
        // clockwise.
        let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
        encoder.set_exif_metadata(exif).unwrap();
        encoder.encode_image(&picture()).unwrap();
        let photo = decode(&bytes, &Limits::default()).ok().unwrap();
        assert_eq!((photo.width, photo.height), (16, 24));
        let [red, green, blue] = pixel(&photo, 2, 2);
        assert!(
            blue > 200 && red < 60 && green < 60,
            "the lower left quarter comes to the top left"
        );
    }

    #[test]
    fn a_picture_over_the_pixel_limit_is_refused_from_its_header() {
        // Signature and IHDR of a 30,000 x 30,000 8-bit RGB PNG, and nothing else.
        let mut header = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        header.extend(30_000_u32.to_be_bytes());
        header.extend(30_000_u32.to_be_bytes());
        header.extend([8, 2, 0, 0, 0]);
        header.extend(crc32fast::hash(&header[12..]).to_be_bytes());
        header.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
        let error = decode(&header, &Limits::default()).err().unwrap();
        assert!(matches!(error, PhotoError::TooManyPixels { width: 30_000, .. }), "{error}");
    }

    #[test]
    fn bytes_that_are_no_image_are_decode_error() {
        for bytes in [&b""[..], b"P00001", b"<html></html>", &[0; 4096]] {
            let error = decode(bytes, &Limits::default()).err().unwrap();
            assert!(matches!(error, PhotoError::UnknownFormat), "{error}");
        }
    }

    #[test]
    fn a_file_over_the_byte_limit_is_decode_error() {
        let limits = Limits { max_file_bytes: 10, ..Limits::default() };
        let error = decode(&written_as(ImageFormat::Png), &limits).err().unwrap();
        assert!(matches!(error, PhotoError::FileTooLarge { limit: 10, .. }), "{error}");
    }
}

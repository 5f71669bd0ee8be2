//! JPEG files: a completeness check, and encoding.

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use super::Photo;

const END_OF_IMAGE: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;

/// Returns whether `bytes`, a JPEG file, reach its end-of-image marker (ITU-T T.81, annex B).
///
/// Walks the marker segments, so that the end marker of an embedded thumbnail does not count.
pub(super) fn is_complete(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        let Some((marker, after)) = next_marker(rest) else { return false };
        if marker == END_OF_IMAGE {
            return true;
        }
        // Restart markers (d0 to d7) and TEM (01) stand alone.
        if matches!(marker, 0x01 | 0xd0..=0xd8) {
            rest = after;
            continue;
        }
        let Some(&[high, low]) = after.first_chunk() else { return false };
        let Some(segment_end) = after.get(usize::from(u16::from_be_bytes([high, low]))..) else {
            return false;
        };
        rest = if marker == START_OF_SCAN { skip_scan(segment_end) } else { segment_end };
    }
}

/// Encodes a photo as a JPEG file, with a quality from 1 to 100.
pub fn encode_jpeg(photo: &Photo, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode(&photo.rgb, photo.width, photo.height, ExtendedColorType::Rgb8)
        .expect("a photo has three bytes a pixel, and a Vec accepts all writes");
    bytes
}

/// Returns the next marker byte and the bytes after it.
///
/// A marker is `ff` and a byte that is neither `ff` (fill) nor `00`.
fn next_marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let start =
        bytes.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff))?;
    Some((bytes[start + 1], &bytes[start + 2..]))
}

/// Skips entropy-coded data, up to the next marker that is not a restart marker.
fn skip_scan(mut bytes: &[u8]) -> &[u8] {
    while let Some((marker, after)) = next_marker(bytes) {
        if !matches!(marker, 0xd0..=0xd7) {
            return &bytes[bytes.len() - after.len() - 2..];
        }
        bytes = after;
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::{Limits, decode};

    #[test]
    fn a_photo_comes_back_from_its_jpeg_nearly_as_it_was() {
        let ramp = (0..64 * 64).flat_map(|i| [(i % 64 * 2) as u8, (i / 64 * 3) as u8, 90]);
        let photo = Photo { width: 64, height: 64, rgb: ramp.collect() };
        let back = decode(&encode_jpeg(&photo, 95), &Limits::default()).ok().unwrap();
        assert!(photo.rgb.iter().zip(&back.rgb).all(|(a, b)| a.abs_diff(*b) < 12));
    }

    #[test]
    fn the_end_marker_of_a_thumbnail_does_not_end_the_photo() {
        let thumbnail = b"\xff\xe1\x00\x06\xff\xd8\xff\xd9";
        let scan = b"\xff\xda\x00\x02\x12\xff\x00\xff\xd0\x34";
        let complete = [&b"\xff\xd8"[..], thumbnail, scan, b"\xff\xd9"].concat();
        assert!(is_complete(&complete));
        assert!(is_complete(&[&complete[..], b"trailing bytes"].concat()));
        for length in 0..complete.len() {
            assert!(!is_complete(&complete[..length]), "cut to {length}");
        }
    }
}

//! Colorfulness of a photo.

use super::Photo;

/// Returns the mean distance of a pixel's channels from their mean, 0 to 255: 0 for a gray photo.
pub fn mean_chroma(photo: &Photo) -> f64 {
    let pixels = photo.rgb.chunks_exact(3);
    let count = pixels.len().max(1) as f64;
    pixels.map(chroma).sum::<f64>() / count
}

/// Returns the mean distance of a pixel's channels from their mean.
fn chroma(pixel: &[u8]) -> f64 {
    let channels = pixel.iter().map(|&channel| f64::from(channel));
    let mean = channels.clone().sum::<f64>() / pixel.len() as f64;
    channels.map(|channel| (channel - mean).abs()).sum::<f64>() / pixel.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gray_has_no_chroma() {
        let photo = |rgb: Vec<u8>| Photo { width: 2, height: 1, rgb };
        assert_eq!(mean_chroma(&photo(vec![7, 7, 7, 90, 90, 90])), 0.0);
        // Channels 0, 0 and 90 lie 30, 30 and 60 from their mean.
        assert_eq!(mean_chroma(&photo(vec![0, 0, 90, 0, 90, 0])), 40.0);
    }
}

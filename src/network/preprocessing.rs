//! Conversion of pixels to a network's input.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Conversion of 8-bit RGB to a network's input: `(value − mean) · scale`, in the network's channel
/// order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocessing {
    /// The network's channel order.
    pub channels: ChannelOrder,
    /// Subtracted from each channel, in the network's order; on the scale 0 to 255.
    pub mean: [f32; 3],
    /// Multiplied after the mean is subtracted.
    pub scale: f32,
    /// Whether the embedding is the mean of the face's and its mirror image's. This doubles the
    /// work, and is a little better.
    #[serde(default)]
    pub mirror: bool,
    /// Conversion of a photo of any size to the square input.
    #[serde(default, skip_serializing_if = "Crop::is_stretch")]
    pub crop: Crop,
}

/// Conversion of a photo of any size to a square.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Crop {
    /// Each side is scaled by its own factor.
    #[default]
    Stretch,
    /// The shorter side is scaled to 8/7 of the square's, then the center is cropped.
    ///
    /// VGGFace2's authors use 256 and 224. A photo of the right size is also cropped.
    Center,
    /// The longer side is scaled to the square's; the rest is black.
    Letterbox,
    /// The face is aligned by its landmarks. A bundle with such a backbone has a landmark network.
    Aligned,
}

impl Crop {
    /// Whether the field is left out of manifests. Manifests from before this option then retain
    /// their fingerprint.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_stretch(&self) -> bool {
        *self == Self::Stretch
    }
}

/// The order of a network's input channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelOrder {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red, as in Caffe and OpenCV.
    Bgr,
}

impl Preprocessing {
    /// RGB values from about −1 to 1, each side scaled by its own factor.
    pub const SIGNED_UNIT: Self = Self {
        channels: ChannelOrder::Rgb,
        mean: [127.5; 3],
        scale: 1.0 / 128.0,
        mirror: false,
        crop: Crop::Stretch,
    };

    /// Returns the preprocessing with the opposite channel order.
    pub(crate) fn reversed(self) -> Self {
        let channels = match self.channels {
            ChannelOrder::Rgb => ChannelOrder::Bgr,
            ChannelOrder::Bgr => ChannelOrder::Rgb,
        };
        let [first, second, third] = self.mean;
        Self { channels, mean: [third, second, first], ..self }
    }

    /// Returns the number of inputs of one face: 2 with its mirror image, else 1.
    pub(crate) fn copies(&self) -> usize {
        if self.mirror { 2 } else { 1 }
    }

    /// Converts faces of `(size, size, 3)` bytes to floats, `(faces · copies, size, size, 3)`.
    ///
    /// A mirror image follows its face.
    pub fn pixels(&self, faces: &[&[u8]], size: usize) -> Vec<f32> {
        let mut pixels = vec![0.0; faces.len() * self.copies() * 3 * size * size];
        self.write(&mut pixels, faces, size);
        pixels
    }

    /// Writes [`Self::pixels`] into `pixels`.
    pub(crate) fn write(&self, pixels: &mut [f32], faces: &[&[u8]], size: usize) {
        let len = 3 * size * size;
        pixels.par_chunks_mut(self.copies() * len).zip(faces).for_each(|(copies, face)| {
            let (straight, mirrored) = copies.split_at_mut(len);
            self.fill(straight, face);
            let rows = mirrored.chunks_exact_mut(3 * size).zip(straight.chunks_exact(3 * size));
            rows.for_each(|(to, from)| mirror(to, from));
        });
    }

    fn fill(&self, pixels: &mut [f32], face: &[u8]) {
        let order = match self.channels {
            ChannelOrder::Rgb => [0, 1, 2],
            ChannelOrder::Bgr => [2, 1, 0],
        };
        for (values, bytes) in pixels.chunks_exact_mut(3).zip(face.chunks_exact(3)) {
            for ((value, source), mean) in values.iter_mut().zip(order).zip(self.mean) {
                *value = (f32::from(bytes[source]) - mean) * self.scale;
            }
        }
    }
}

/// Mirrors a row of pixels.
fn mirror(to: &mut [f32], from: &[f32]) {
    for (to, from) in to.chunks_exact_mut(3).rev().zip(from.chunks_exact(3)) {
        to.copy_from_slice(from);
    }
}

/// Merges the outputs of a face's copies into their mean, each scaled to unit length.
///
/// A single output is returned unchanged.
pub(crate) fn merge_copies(outputs: &[Vec<f32>]) -> Vec<f32> {
    if let [only] = outputs {
        return only.clone();
    }
    let mut merged = vec![0.0; outputs[0].len()];
    for output in outputs {
        let norm = output.iter().map(|value| value * value).sum::<f32>().sqrt();
        for (sum, value) in merged.iter_mut().zip(output) {
            *sum += value / norm / outputs.len() as f32;
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A face of 2 × 2 pixels: red 10, 11, 12, 13; green and blue 100 and 200 more.
    const FACE: [u8; 12] = [10, 110, 210, 11, 111, 211, 12, 112, 212, 13, 113, 213];

    #[test]
    fn channels_come_in_the_networks_order_with_its_mean_and_scale() {
        let preprocessing = Preprocessing {
            channels: ChannelOrder::Bgr,
            mean: [200.0, 100.0, 10.0],
            scale: 0.5,
            mirror: false,
            crop: Crop::Stretch,
        };
        let expected = [5.0, 5.0, 0.0, 5.5, 5.5, 0.5, 6.0, 6.0, 1.0, 6.5, 6.5, 1.5];
        assert_eq!(preprocessing.pixels(&[&FACE], 2), expected);
    }

    #[test]
    fn a_mirror_image_follows_its_face() {
        let preprocessing = Preprocessing {
            channels: ChannelOrder::Rgb,
            mean: [0.0; 3],
            scale: 1.0,
            mirror: true,
            crop: Crop::Stretch,
        };
        let pixels = preprocessing.pixels(&[&FACE], 2);
        let reds = |image: usize| [0, 3, 6, 9].map(|i| pixels[12 * image + i]);
        assert_eq!(reds(0), [10.0, 11.0, 12.0, 13.0]);
        assert_eq!(reds(1), [11.0, 10.0, 13.0, 12.0]);
    }

    #[test]
    fn copies_weigh_the_same_whatever_their_length() {
        let merged = merge_copies(&[vec![3.0, 0.0], vec![0.0, 0.1]]);
        assert_eq!(merged, [0.5, 0.5]);
    }
}

//! Conversion of light to the pixels of a photo.

use super::grain::speck;
use super::vector::{Vec3, mix};
use crate::photo::Photo;
use crate::synthetic::conditions::Scene;

/// Develops light with blur, color, tone and grain.
///
/// The light is a square of `side` pixels, row by row.
pub(super) fn develop(light: Vec<Vec3>, side: usize, scene: &Scene, seed: u32) -> Photo {
    let light = blur(light, side, scene.blur);
    let mut rgb = Vec::with_capacity(3 * light.len());
    for (i, light) in light.into_iter().enumerate() {
        let gray = 0.3 * light[0] + 0.6 * light[1] + 0.1 * light[2];
        let x = (i % side) as i32;
        let y = (i / side) as i32;
        let [common, warm] = [seed, !seed].map(|seed| scene.noise * speck(x, y, seed));
        for (channel, value) in light.into_iter().enumerate() {
            // Some of the grain is in the color.
            let tint = [0.6, 0.0, -0.6][channel] * warm * scene.saturation;
            let value = tone(mix(gray, value, scene.saturation)) + common + tint;
            rgb.push((value + 0.5).clamp(0.0, 255.0) as u8);
        }
    }
    Photo { width: side as u32, height: side as u32, rgb }
}

/// Returns the 8-bit value of light: its square root, with bright light compressed, not clipped.
fn tone(light: f32) -> f32 {
    const KNEE: f32 = 0.55;
    let over = (light - KNEE).max(0.0);
    let compressed = light.min(KNEE) + (1.0 - KNEE) * over / (over + 0.9 * (1.0 - KNEE));
    255.0 * compressed.max(0.0).sqrt()
}

/// Reach of the blur to each side, in pixels.
const REACH: usize = 3;

/// Blurs by a Gaussian of this standard deviation. Edge pixels are repeated beyond the edge.
fn blur(light: Vec<Vec3>, side: usize, deviation: f32) -> Vec<Vec3> {
    let weights: [f32; 2 * REACH + 1] = std::array::from_fn(|tap| {
        let off = tap as f32 - REACH as f32;
        (-0.5 * off * off / (deviation * deviation)).exp()
    });
    let sum: f32 = weights.iter().sum();
    let weights = weights.map(|weight| weight / sum);
    across(&across(&light, side, &weights), side, &weights)
}

/// Blurs each row and transposes the picture.
///
/// Two calls blur in both directions and restore the orientation.
fn across(light: &[Vec3], side: usize, weights: &[f32; 2 * REACH + 1]) -> Vec<Vec3> {
    let mut turned = vec![[0.0; 3]; light.len()];
    let mut padded = vec![[0.0; 3]; side + 2 * REACH];
    for (y, row) in light.chunks_exact(side).enumerate() {
        padded[..REACH].fill(row[0]);
        padded[REACH..][..side].copy_from_slice(row);
        padded[REACH + side..].fill(row[side - 1]);
        for (x, window) in padded.windows(2 * REACH + 1).enumerate() {
            let total = &mut turned[x * side + y];
            for (value, weight) in window.iter().zip(weights) {
                for channel in 0..3 {
                    total[channel] += weight * value[channel];
                }
            }
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blur_keeps_the_light_of_a_point_and_spreads_it_evenly() {
        let mut light = vec![[0.0; 3]; 15 * 15];
        light[7 * 15 + 7] = [1.0, 2.0, 3.0];
        let blurred = blur(light, 15, 1.0);
        let sum = blurred.iter().map(|value| value[1]).sum::<f32>();
        assert!((sum - 2.0).abs() < 1e-5, "{sum}");
        assert_eq!(blurred[7 * 15 + 5], blurred[5 * 15 + 7]);
        assert!(blurred[7 * 15 + 7][0] < 0.2 && blurred[7 * 15 + 7][0] > blurred[7 * 15 + 6][0]);
    }

    #[test]
    fn more_light_is_never_darker_and_stays_within_a_byte() {
        let tones: Vec<f32> = (0..400).map(|i| tone(i as f32 / 50.0)).collect();
        assert!(tones.is_sorted() && tones[0] == 0.0 && tones[399] < 255.0);
    }
}

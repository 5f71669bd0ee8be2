//! What benchmarks measure on, and what they make of many times.

use super::random::Random;

/// Photos of noise, `(size, size, 3)` bytes each.
pub fn noise(count: usize, size: usize) -> Vec<Vec<u8>> {
    let mut random = Random(7);
    let mut photo = || (0..3 * size * size).map(|_| random.below(256) as u8).collect();
    (0..count).map(|_| photo()).collect()
}

pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

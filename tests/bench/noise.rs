//! What benchmarks of networks measure on.

use super::random::Random;

/// Photos of noise, `(size, size, 3)` bytes each.
pub fn noise(count: usize, size: usize) -> Vec<Vec<u8>> {
    let mut random = Random(7);
    let mut photo = || (0..3 * size * size).map(|_| random.below(256) as u8).collect();
    (0..count).map(|_| photo()).collect()
}

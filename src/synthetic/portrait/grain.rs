//! Deterministic noise for skin, hair, cloth and film.

/// Returns a number in -1..1 for a point of a grid.
pub(super) fn speck(x: i32, y: i32, seed: u32) -> f32 {
    let mut hash = (x as u32).wrapping_mul(0x9e37_79b1)
        ^ (y as u32).wrapping_mul(0x85eb_ca77)
        ^ seed.wrapping_mul(0xc2b2_ae3d);
    hash = (hash ^ (hash >> 15)).wrapping_mul(0x2c1b_3c6d);
    hash = (hash ^ (hash >> 12)).wrapping_mul(0x297a_2d39);
    hash ^= hash >> 15;
    (hash >> 8) as f32 / (1_u32 << 23) as f32 - 1.0
}

/// Returns smooth noise in -1..1 with bumps about one unit apart.
pub(super) fn clouds(x: f32, y: f32, seed: u32) -> f32 {
    let left = below(x);
    let top = below(y);
    let u = ease(x - left as f32);
    let v = ease(y - top as f32);
    let [above, beneath] = [top, top + 1].map(|row| {
        let a = speck(left, row, seed);
        let b = speck(left + 1, row, seed);
        a + (b - a) * u
    });
    above + (beneath - above) * v
}

/// Returns a smooth rise from 0 to 1.
fn ease(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// Returns the greatest integer that is not above a value.
///
/// `f32::floor` is a function call on older processors.
fn below(value: f32) -> i32 {
    let cut = value as i32;
    cut - i32::from(cut as f32 > value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specks_are_spread_evenly_and_differ_by_seed() {
        let values: Vec<f32> = (0..10_000).map(|i| speck(i % 100, i / 100, 1)).collect();
        let mean = values.iter().sum::<f32>() / 10_000.0;
        assert!(mean.abs() < 0.02 && values.iter().all(|value| (-1.0..1.0).contains(value)));
        assert_ne!(speck(3, 4, 1), speck(3, 4, 2));
    }

    #[test]
    fn clouds_are_the_specks_at_the_grid_and_between_them_elsewhere() {
        assert_eq!(clouds(-2.0, 5.0, 9), speck(-2, 5, 9));
        let (left, right) = (speck(-2, 5, 9), speck(-1, 5, 9));
        let between = clouds(-1.5, 5.0, 9);
        assert!((between - 0.5 * (left + right)).abs() < 1e-6);
    }
}

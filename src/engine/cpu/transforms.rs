//! The three matrices of Winograd's F(4×4, 3×3), by the points 0, ±1, ±2 and infinity.
//!
//! Source: A. Lavin, S. Gray, 2015, section 4.3.

use super::simd::Simd;

/// Side of a tile of results.
pub(super) const OUT: usize = 4;
/// Side of the inputs of a tile of results.
pub(super) const IN: usize = 6;
pub(super) const POINTS: usize = IN * IN;

/// `Bᵀ · d`
#[inline(always)]
pub(super) fn input_column<S: Simd>(simd: S, d: [S::V; IN]) -> [S::V; IN] {
    let minus_five = simd.splat(-5.0);
    let four = simd.splat(4.0);
    let minus_four = simd.splat(-4.0);
    let two = simd.splat(2.0);
    let even = simd.fma(minus_four, d[2], d[4]);
    let odd = simd.fma(minus_four, d[1], d[3]);
    let near = simd.sub(d[4], d[2]);
    let far = simd.mul(two, simd.sub(d[3], d[1]));
    [
        simd.fma(four, d[0], simd.fma(minus_five, d[2], d[4])),
        simd.add(even, odd),
        simd.sub(even, odd),
        simd.add(near, far),
        simd.sub(near, far),
        simd.fma(four, d[1], simd.fma(minus_five, d[3], d[5])),
    ]
}

/// `Aᵀ · m`
#[inline(always)]
pub(super) fn output_column<S: Simd>(simd: S, m: [S::V; IN]) -> [S::V; OUT] {
    let near = simd.add(m[1], m[2]);
    let far = simd.add(m[3], m[4]);
    let near_odd = simd.sub(m[1], m[2]);
    let far_odd = simd.sub(m[3], m[4]);
    [
        simd.add(m[0], simd.add(near, far)),
        simd.fma(simd.splat(2.0), far_odd, near_odd),
        simd.fma(simd.splat(4.0), far, near),
        simd.add(simd.fma(simd.splat(8.0), far_odd, near_odd), m[5]),
    ]
}

/// `G · g · Gᵀ`
pub(super) fn transform_kernel(weight: impl Fn(usize, usize) -> f32) -> [f32; POINTS] {
    const G: [[f64; 3]; IN] = [
        [1.0 / 4.0, 0.0, 0.0],
        [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
        [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
        [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
        [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
        [0.0, 0.0, 1.0],
    ];
    let half: [[f64; 3]; IN] = G
        .map(|row| std::array::from_fn(|x| (0..3).map(|y| row[y] * f64::from(weight(y, x))).sum()));
    std::array::from_fn(|point| {
        let row = half[point / IN];
        let column = G[point % IN];
        (0..3).map(|x| row[x] * column[x]).sum::<f64>() as f32
    })
}

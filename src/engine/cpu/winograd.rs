//! 3×3 convolutions with stride 1 by Winograd's F(4×4, 3×3).
//!
//! Source: A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural Networks", 2015, section 4.
//!
//! The map is split into tiles of 4×4 results. A tile's 6×6 inputs are transformed into 36 numbers
//! per channel. For each of these 36 points, the tiles times the transformed weights is a matrix
//! product. It needs a quarter of the multiplications. The 36 sums of a tile are transformed into
//! its 16 results. A 2×2 maximum that follows is taken before the results are stored.

use std::ops::Range;

use super::buffer::Target;
use super::layer::Residual;
use super::matrix::{PANEL_COLUMNS, Span, Tile};
use super::simd::{Kernel, Simd};
use super::transforms::{IN, OUT, POINTS, input_column, output_column};
use super::winograd_layer::{SPREAD, Winograd};

/// A call of a layer: its input, output and residual.
pub(super) struct Work<'a> {
    pub(super) layer: &'a Winograd,
    pub(super) input: &'a [f32],
    pub(super) output: Target,
    pub(super) residual: Residual,
}

/// Some tiles of a group with contiguous transformed inputs. Both ranges count from the first tile
/// of the first image.
pub(super) struct Tiles {
    pub(super) group: Range<usize>,
    pub(super) selected: Range<usize>,
}

/// Kernel that transforms the inputs of some tiles of a group.
pub(super) struct Transform<'a> {
    pub(super) work: &'a Work<'a>,
    pub(super) tiles: &'a Tiles,
    pub(super) to: Target,
}

impl Kernel for Transform<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Winograd { input, .. } = self.work.layer;
        let point_len = self.work.layer.point_len(self.tiles.group.len());
        for tile in self.tiles.selected.clone() {
            let [image, y, x] = self.work.layer.first_result(tile);
            let inside = y > 0 && x > 0 && y + 5 <= input.height && x + 5 <= input.width;
            let map = &self.work.input[image * input.len()..][..input.len()];
            let to = (tile - self.tiles.group.start) * input.stride;
            let mut channel = 0;
            while channel < input.stride {
                // SAFETY: only this thread uses a tile's rows, and they are long enough for all its
                // channels.
                unsafe {
                    let to = self.to.at(to + channel, (POINTS - 1) * point_len + S::LANES);
                    if inside {
                        let start = ((y - 1) * input.width + x - 1) * input.stride + channel;
                        let from = map[start..].as_ptr();
                        transform_input(simd, to, point_len, |dy, dx| {
                            simd.load(from.add((dy * input.width + dx) * input.stride))
                        });
                    } else {
                        transform_input(simd, to, point_len, |dy, dx| {
                            let y = (y + dy).wrapping_sub(1);
                            let x = (x + dx).wrapping_sub(1);
                            if y < input.height && x < input.width {
                                let offset = (y * input.width + x) * input.stride + channel;
                                simd.load(map[offset..].as_ptr())
                            } else {
                                simd.splat(0.0)
                            }
                        });
                    }
                }
                channel += S::LANES;
            }
        }
    }
}

#[inline(always)]
unsafe fn transform_input<S: Simd>(
    simd: S,
    to: *mut f32,
    point_len: usize,
    value: impl Fn(usize, usize) -> S::V,
) {
    let mut half = [[simd.splat(0.0); IN]; IN];
    for x in 0..IN {
        let column = [value(0, x), value(1, x), value(2, x), value(3, x), value(4, x), value(5, x)];
        for (row, value) in half.iter_mut().zip(input_column(simd, column)) {
            row[x] = value;
        }
    }
    for (y, row) in half.into_iter().enumerate() {
        let row = input_column(simd, row);
        for (x, value) in row.into_iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe { simd.store(to.add((y * IN + x) * point_len), value) };
        }
    }
}

/// Kernel that multiplies some tiles by one panel of weights, and stores their results.
pub(super) struct Multiply<'a> {
    pub(super) work: &'a Work<'a>,
    pub(super) transformed: &'a [f32],
    pub(super) tiles: &'a Tiles,
    pub(super) panel: usize,
    /// Memory for the sums.
    pub(super) sums: &'a mut [f32],
}

impl Kernel for Multiply<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let layer = self.work.layer;
        let columns = layer.weights[0].width(self.panel);
        let sums_len = self.tiles.selected.len() * columns + SPREAD;
        let Self { work, transformed, tiles, panel, sums } = self;
        let product = TileProduct { work, transformed, tiles, panel };
        for (point, sums) in sums.chunks_mut(sums_len).take(POINTS).enumerate() {
            product.multiply(simd, point, sums);
        }
        for (i, tile) in tiles.selected.clone().enumerate() {
            for column in (0..columns).step_by(S::LANES) {
                let sums = sums[i * columns + column..].as_ptr();
                let sums = TileSums { start: sums, point_len: sums_len };
                product.store(simd, tile, panel * PANEL_COLUMNS + column, sums);
            }
        }
    }
}

/// Sums of some channels of a tile. Those of adjacent points are `point_len` values apart.
#[derive(Clone, Copy)]
struct TileSums {
    start: *const f32,
    point_len: usize,
}

impl TileSums {
    /// Loads the sums of `LANES` channels at a point.
    ///
    /// # Safety
    /// The tile has these channels at every point.
    #[inline(always)]
    unsafe fn load<S: Simd>(self, simd: S, y: usize, x: usize) -> S::V {
        // SAFETY: the caller's promise.
        unsafe { simd.load(self.start.add((y * IN + x) * self.point_len)) }
    }
}

/// A [`Multiply`] without its memory.
struct TileProduct<'a> {
    work: &'a Work<'a>,
    transformed: &'a [f32],
    tiles: &'a Tiles,
    panel: usize,
}

impl TileProduct<'_> {
    #[inline(always)]
    fn multiply<S: Simd>(&self, simd: S, point: usize, sums: &mut [f32]) {
        let layer = self.work.layer;
        let columns = layer.weights[0].width(self.panel);
        let depth = layer.input.stride;
        let Tiles { group, selected } = self.tiles;
        let start = point * layer.point_len(group.len());
        let left = &self.transformed[start + (selected.start - group.start) * depth..];
        let spans = [Span { offset: 0, len: depth }];
        let right = layer.weights[point].panel(self.panel, 0).as_ptr();
        let mut row = 0;
        while row < selected.len() {
            let rows = Tile::height(selected.len() - row);
            let tile = Tile {
                left: left[row * depth..][..rows * depth].as_ptr(),
                left_stride: depth,
                spans: &spans,
                right,
                columns,
                result: sums[row * columns..][..rows * columns].as_mut_ptr(),
                result_stride: columns,
                resume: false,
                end: None,
            };
            // SAFETY: the slices just taken are the tile's rows.
            unsafe { tile.compute(simd, rows) };
            row += rows;
        }
    }

    /// Transforms the sums of `LANES` channels of a tile, and stores the results.
    #[inline(always)]
    fn store<S: Simd>(&self, simd: S, tile: usize, channel: usize, sums: TileSums) {
        let mut half = [[simd.splat(0.0); IN]; OUT];
        for x in 0..IN {
            // SAFETY: the sums have these channels of this tile at every point.
            let column = unsafe {
                [
                    sums.load(simd, 0, x),
                    sums.load(simd, 1, x),
                    sums.load(simd, 2, x),
                    sums.load(simd, 3, x),
                    sums.load(simd, 4, x),
                    sums.load(simd, 5, x),
                ]
            };
            for (row, value) in half.iter_mut().zip(output_column(simd, column)) {
                row[x] = value;
            }
        }
        let [a, b, c, d] = half;
        let results = [
            output_column(simd, a),
            output_column(simd, b),
            output_column(simd, c),
            output_column(simd, d),
        ];
        if self.work.layer.pooled {
            self.store_maxima(simd, &results, tile, channel);
        } else {
            self.store_results(simd, &results, tile, channel);
        }
    }

    #[inline(always)]
    fn store_results<S: Simd>(
        &self,
        simd: S,
        results: &[[S::V; OUT]; OUT],
        tile: usize,
        channel: usize,
    ) {
        let Winograd { output, epilogue, .. } = self.work.layer;
        let [image, y, x] = self.work.layer.first_result(tile);
        for (y, row) in (y..output.height).zip(results) {
            for (x, value) in (x..output.width).zip(row) {
                let offset =
                    image * output.len() + (y * output.width + x) * output.stride + channel;
                // SAFETY: the result lies inside, and only this thread uses it.
                unsafe {
                    let value =
                        epilogue.apply(simd, *value, channel, self.work.residual.at(offset));
                    simd.store(self.work.output.at(offset, S::LANES), value);
                }
            }
        }
    }

    /// Stores the maximum of each 2×2 results. A per-channel bias and a ReLU do not change which is
    /// the largest.
    #[inline(always)]
    fn store_maxima<S: Simd>(
        &self,
        simd: S,
        results: &[[S::V; OUT]; OUT],
        tile: usize,
        channel: usize,
    ) {
        let Winograd { output, epilogue, .. } = self.work.layer;
        let [image, y, x] = self.work.layer.first_result(tile);
        let (rows, _) = results.as_chunks::<2>();
        for (y, [upper, lower]) in (y / 2..output.height).zip(rows) {
            for (dx, x) in (0..OUT / 2).zip(x / 2..output.width) {
                let upper = simd.max(upper[2 * dx], upper[2 * dx + 1]);
                let lower = simd.max(lower[2 * dx], lower[2 * dx + 1]);
                let offset =
                    image * output.len() + (y * output.width + x) * output.stride + channel;
                // SAFETY: as above.
                unsafe {
                    let max = simd.max(upper, lower);
                    let value = epilogue.apply(simd, max, channel, std::ptr::null());
                    simd.store(self.work.output.at(offset, S::LANES), value);
                }
            }
        }
    }
}

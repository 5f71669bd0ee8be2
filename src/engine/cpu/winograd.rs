//! 3×3 convolutions with stride 1 by Winograd's F(4×4, 3×3).
//!
//! Source: A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural Networks", 2015, section 4.
//!
//! The map is split into tiles of 4×4 results. A tile's 6×6 inputs are transformed into 36 numbers per channel. For
//! each of these 36 points, the tiles times the transformed weights is a matrix product. It needs a quarter of the
//! multiplications. The 36 sums of a tile are transformed into its 16 results. A 2×2 maximum that follows is taken
//! before the results are stored.

use std::ops::Range;

use rayon::prelude::*;

use super::buffer::{Buffer, Target};
use super::epilogue::Epilogue;
use super::feature_map::Map;
use super::layer::{Call, Residual, with_own_scratch};
use super::matrix::{PANEL_COLUMNS, PackedWeights, Span, Tile};
use super::simd::{Instructions, Kernel, Simd};
use super::transforms::{IN, OUT, POINTS, input_column, output_column, transform_kernel};

/// Maximum size of weights that stay in a core's cache while it processes its tiles.
const SMALL_WEIGHTS: usize = 3 << 20;
/// Number of tiles. Their sums for one panel of weights stay in the second-level cache.
const TILES_AT_ONCE: usize = 28;
/// As [`TILES_AT_ONCE`], for weights that are read for each of many tiles.
const TILES_SHARED: usize = 56;
/// Transformed inputs that all cores share, in values. They stay in the third-level cache.
const SHARED_INPUTS: usize = 3 << 20;
/// Padding that prevents the 36 points' rows from sharing the same cache sets.
const SPREAD: usize = 16;

/// A 3×3 convolution with stride 1, with one row and column of zero padding.
pub(super) struct Winograd {
    input: Map,
    /// After the maximum, if `pooled`.
    output: Map,
    /// Whether a 2×2 maximum is taken.
    pooled: bool,
    /// Per point, `[in, out]`.
    weights: Vec<PackedWeights>,
    epilogue: Epilogue,
}

impl Winograd {
    /// Creates the layer from the kernel's values `weight(y, x, channel, out)`.
    ///
    /// A 2×2 maximum follows if `output` is smaller than `input`. The convolution itself does not
    /// change the size.
    pub(super) fn new(
        input: Map,
        output: Map,
        weight: impl Fn(usize, usize, usize, usize) -> f32 + Sync,
        epilogue: Epilogue,
    ) -> Self {
        let outs = output.channels;
        let kernel = |at: usize| {
            let channel = at / outs;
            let out = at % outs;
            transform_kernel(|y, x| weight(y, x, channel, out))
        };
        let kernels: Vec<[f32; POINTS]> =
            (0..input.channels * outs).into_par_iter().map(kernel).collect();
        let pack = |point: usize| {
            PackedWeights::new(input.stride, outs, |channel, out| {
                if channel < input.channels { kernels[channel * outs + out][point] } else { 0.0 }
            })
        };
        let weights = (0..POINTS).into_par_iter().map(pack).collect();
        let pooled = output.height < input.height;
        Self { input, output, pooled, weights, epilogue }
    }

    /// Returns the bytes of the transformed weights.
    pub(super) fn weights_size(inputs: usize, outputs: usize) -> usize {
        POINTS * inputs * outputs * size_of::<f32>()
    }

    pub(super) fn run(&self, call: Call<'_>) {
        let residual = call.residual();
        let Call { images, inputs, output, scratch, instructions, .. } = call;
        let work = Work { layer: self, input: inputs[0], output: Target::new(output), residual };
        let tiles = images * self.tiles().iter().product::<usize>();
        if Self::weights_size(self.input.stride, self.output.stride) <= SMALL_WEIGHTS {
            work.each_core_its_tiles(tiles, instructions);
        } else {
            work.all_cores_one_group(tiles, scratch, instructions);
        }
    }

    /// Returns the rows and columns of tiles in an image.
    fn tiles(&self) -> [usize; 2] {
        [self.input.height.div_ceil(OUT), self.input.width.div_ceil(OUT)]
    }

    fn transformed_len(&self, tiles: usize) -> usize {
        POINTS * self.point_len(tiles)
    }

    fn sums_len(&self, tiles: usize) -> usize {
        POINTS * (tiles * PANEL_COLUMNS + SPREAD)
    }

    fn point_len(&self, tiles: usize) -> usize {
        tiles * self.input.stride + SPREAD
    }

    /// Returns the image, row and column of a tile's first result.
    fn place(&self, tile: usize) -> [usize; 3] {
        let [rows, columns] = self.tiles();
        [tile / (rows * columns), tile / columns % rows * OUT, tile % columns * OUT]
    }
}

fn part(len: usize, at: usize, size: usize) -> Range<usize> {
    at * size..len.min((at + 1) * size)
}

struct Work<'a> {
    layer: &'a Winograd,
    input: &'a [f32],
    output: Target,
    residual: Residual,
}

impl Work<'_> {
    /// Processes some tiles per core from inputs to results: the weights stay in its cache.
    fn each_core_its_tiles(&self, tiles: usize, instructions: Instructions) {
        let groups = (0..tiles.div_ceil(TILES_AT_ONCE)).into_par_iter();
        groups.for_each(|at| {
            let group = part(tiles, at, TILES_AT_ONCE);
            let len = self.layer.transformed_len(group.len());
            with_own_scratch(len + self.layer.sums_len(group.len()), |scratch| {
                let (transformed, sums) = scratch.split_at_mut(len);
                let all = Tiles { group: group.clone(), part: group };
                let to = Target::new(transformed);
                instructions.dispatch(Transform { work: self, tiles: &all, to });
                for panel in 0..self.layer.weights[0].panels() {
                    let transformed = &*transformed;
                    let tiles = &all;
                    instructions.dispatch(Multiply { work: self, transformed, tiles, panel, sums });
                }
            });
        });
    }

    /// Processes groups of tiles with all cores.
    ///
    /// The cores share the transformed inputs of as many tiles as the cache can hold, so the weights are read rarely.
    fn all_cores_one_group(&self, tiles: usize, scratch: &mut Buffer, instructions: Instructions) {
        let most = (SHARED_INPUTS / (POINTS * self.layer.input.stride)).max(TILES_SHARED);
        let size = tiles.div_ceil(tiles.div_ceil(most));
        for group in (0..tiles.div_ceil(size)).map(|at| part(tiles, at, size)) {
            let sub = |size: usize, at: usize| {
                let Range { start, end } = part(group.len(), at, size);
                Tiles { group: group.clone(), part: group.start + start..group.start + end }
            };
            let len = self.layer.transformed_len(group.len());
            let transformed = &mut scratch.reserve(len)[..len];
            let to = Target::new(transformed);
            (0..group.len().div_ceil(4)).into_par_iter().for_each(|at| {
                instructions.dispatch(Transform { work: self, tiles: &sub(4, at), to });
            });
            let transformed = &*transformed;
            let parts = group.len().div_ceil(TILES_SHARED);
            (0..parts * self.layer.weights[0].panels()).into_par_iter().for_each(|task| {
                let panel = task / parts;
                let tiles = &sub(TILES_SHARED, task % parts);
                with_own_scratch(self.layer.sums_len(tiles.part.len()), |sums| {
                    instructions.dispatch(Multiply { work: self, transformed, tiles, panel, sums });
                });
            });
        }
    }
}

/// Some tiles of a group with contiguous transformed inputs. Both ranges count from the first tile of the first image.
struct Tiles {
    group: Range<usize>,
    part: Range<usize>,
}

/// Kernel that transforms the inputs of some tiles of a group.
struct Transform<'a> {
    work: &'a Work<'a>,
    tiles: &'a Tiles,
    to: Target,
}

impl Kernel for Transform<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Winograd { input, .. } = self.work.layer;
        let point_len = self.work.layer.point_len(self.tiles.group.len());
        for tile in self.tiles.part.clone() {
            let [image, y, x] = self.work.layer.place(tile);
            let inside = y > 0 && x > 0 && y + 5 <= input.height && x + 5 <= input.width;
            let map = &self.work.input[image * input.len()..][..input.len()];
            let to = (tile - self.tiles.group.start) * input.stride;
            let mut channel = 0;
            while channel < input.stride {
                // SAFETY: only this thread uses a tile's rows, and they are long enough for all its channels.
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
                                let at = (y * input.width + x) * input.stride + channel;
                                simd.load(map[at..].as_ptr())
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
struct Multiply<'a> {
    work: &'a Work<'a>,
    transformed: &'a [f32],
    tiles: &'a Tiles,
    panel: usize,
    /// Memory for the sums.
    sums: &'a mut [f32],
}

impl Kernel for Multiply<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let layer = self.work.layer;
        let columns = layer.weights[0].width(self.panel);
        let sums_len = self.tiles.part.len() * columns + SPREAD;
        let Self { work, transformed, tiles, panel, sums } = self;
        let product = TileProduct { work, transformed, tiles, panel };
        for (point, sums) in sums.chunks_mut(sums_len).take(POINTS).enumerate() {
            product.multiply(simd, point, sums);
        }
        for (at, tile) in tiles.part.clone().enumerate() {
            for column in (0..columns).step_by(S::LANES) {
                let sums = sums[at * columns + column..].as_ptr();
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
        let Tiles { group, part } = self.tiles;
        let start = point * layer.point_len(group.len());
        let left = &self.transformed[start + (part.start - group.start) * depth..];
        let spans = [Span { offset: 0, len: depth }];
        let right = layer.weights[point].panel(self.panel, 0).as_ptr();
        let mut row = 0;
        while row < part.len() {
            let rows = Tile::height(part.len() - row);
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
        let TileSums { start, point_len } = sums;
        let mut half = [[simd.splat(0.0); IN]; OUT];
        for x in 0..IN {
            // SAFETY: `sums` has these channels of this tile at every point.
            let sum = |y: usize| unsafe { simd.load(start.add((y * IN + x) * point_len)) };
            let column = [sum(0), sum(1), sum(2), sum(3), sum(4), sum(5)];
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
        let [image, y, x] = self.work.layer.place(tile);
        for (y, row) in (y..output.height).zip(results) {
            for (x, value) in (x..output.width).zip(row) {
                let at = image * output.len() + (y * output.width + x) * output.stride + channel;
                // SAFETY: the result lies inside, and only this thread uses it.
                unsafe {
                    let value = epilogue.apply(simd, *value, channel, self.work.residual.at(at));
                    simd.store(self.work.output.at(at, S::LANES), value);
                }
            }
        }
    }

    /// Stores the maximum of each 2×2 results. A per-channel bias and a ReLU do not change which is the largest.
    #[inline(always)]
    fn store_maxima<S: Simd>(
        &self,
        simd: S,
        results: &[[S::V; OUT]; OUT],
        tile: usize,
        channel: usize,
    ) {
        let Winograd { output, epilogue, .. } = self.work.layer;
        let [image, y, x] = self.work.layer.place(tile);
        let (rows, _) = results.as_chunks::<2>();
        for (y, [upper, lower]) in (y / 2..output.height).zip(rows) {
            for (dx, x) in (0..OUT / 2).zip(x / 2..output.width) {
                let upper = simd.max(upper[2 * dx], upper[2 * dx + 1]);
                let lower = simd.max(lower[2 * dx], lower[2 * dx + 1]);
                let at = image * output.len() + (y * output.width + x) * output.stride + channel;
                // SAFETY: as above.
                unsafe {
                    let max = simd.max(upper, lower);
                    let value = epilogue.apply(simd, max, channel, std::ptr::null());
                    simd.store(self.work.output.at(at, S::LANES), value);
                }
            }
        }
    }
}

//! A convolution by Winograd's algorithm: its transformed weights, and the sizes of its work.

use rayon::prelude::*;

use super::epilogue::Epilogue;
use super::feature_map::Map;
use super::matrix::{PANEL_COLUMNS, PackedWeights};
use super::scaled_kernel::ScaledKernel;
use super::transforms::{OUT, POINTS, transform_kernel};

/// Padding that prevents the 36 points' rows from sharing the same cache sets.
pub(super) const SPREAD: usize = 16;

/// A 3×3 convolution with stride 1, with one row and column of zero padding.
pub(super) struct Winograd {
    pub(super) input: Map,
    /// After the maximum, if `pooled`.
    pub(super) output: Map,
    /// Whether a 2×2 maximum is taken.
    pub(super) pooled: bool,
    /// Per point, `[in, out]`.
    pub(super) weights: Vec<PackedWeights>,
    pub(super) epilogue: Epilogue,
}

impl Winograd {
    /// Creates the layer.
    ///
    /// A 2×2 maximum follows if `output` is smaller than `input`. The convolution itself does not
    /// change the size.
    pub(super) fn new(
        input: Map,
        output: Map,
        kernel: ScaledKernel<'_>,
        epilogue: Epilogue,
    ) -> Self {
        let outs = output.channels;
        let kernels: Vec<[f32; POINTS]> = (0..input.channels * outs)
            .into_par_iter()
            .map(|i| transform_kernel(|y, x| kernel.value(y, x, i / outs, i % outs)))
            .collect();
        let weights = (0..POINTS)
            .into_par_iter()
            .map(|point| {
                PackedWeights::new(input.stride, outs, |channel, out| {
                    let used = channel < input.channels;
                    if used { kernels[channel * outs + out][point] } else { 0.0 }
                })
            })
            .collect();
        let pooled = output.height < input.height;
        Self { input, output, pooled, weights, epilogue }
    }

    /// Returns the bytes of the transformed weights.
    pub(super) fn weights_bytes(inputs: usize, outputs: usize) -> usize {
        POINTS * inputs * outputs * size_of::<f32>()
    }

    /// Returns the rows and columns of tiles in an image.
    pub(super) fn tiles(&self) -> [usize; 2] {
        [self.input.height.div_ceil(OUT), self.input.width.div_ceil(OUT)]
    }

    pub(super) fn transformed_len(&self, tiles: usize) -> usize {
        POINTS * self.point_len(tiles)
    }

    pub(super) fn sums_len(&self, tiles: usize) -> usize {
        POINTS * (tiles * PANEL_COLUMNS + SPREAD)
    }

    pub(super) fn point_len(&self, tiles: usize) -> usize {
        tiles * self.input.stride + SPREAD
    }

    /// Returns the image, row and column of a tile's first result.
    pub(super) fn first_result(&self, tile: usize) -> [usize; 3] {
        let [rows, columns] = self.tiles();
        [tile / (rows * columns), tile / columns % rows * OUT, tile % columns * OUT]
    }
}

//! Windows that slide over each channel separately: depthwise convolutions and maxima.

use std::ops::Range;

use rayon::prelude::*;

use super::buffer::{Buffer, Target};
use super::epilogue::Epilogue;
use super::feature_map::{Geometry, Map};
use super::layer::{Call, Residual};
use super::simd::{Kernel, Simd};
use crate::network::graph::Window;

/// A window that slides over the channels of a map.
pub(super) struct Sliding {
    input: Map,
    output: Map,
    window: Window,
    reduction: Reduction,
}

/// Reduction of the values in the window.
pub(super) enum Reduction {
    /// Their sum with weights, `[window, channels]`.
    WeightedSum { weights: Buffer, epilogue: Epilogue },
    /// The maximum of those inside the map.
    Max,
}

impl Sliding {
    pub(super) fn new(geometry: Geometry, reduction: Reduction) -> Self {
        let Geometry { input, output, window } = geometry;
        Self { input, output, window, reduction }
    }

    pub(super) fn run(&self, call: Call<'_>) {
        let residual = call.residual();
        let Call { images, inputs, output, instructions, .. } = call;
        let input = inputs[0];
        let output = Target::new(output);
        (0..images * self.output.height).into_par_iter().with_min_len(4).for_each(|row| {
            instructions.dispatch(Row { layer: self, input, row, output, residual });
        });
    }

    /// Returns the window's positions inside the map, for result `i` of `axis`.
    #[inline(always)]
    fn inside(&self, axis: usize, i: usize, side: usize) -> Range<usize> {
        let start = i * self.window.stride;
        let before = self.window.before[axis];
        let end = self.window.kernel[axis].min((side + before).saturating_sub(start));
        before.saturating_sub(start)..end
    }
}

/// One row of results.
struct Row<'a> {
    layer: &'a Sliding,
    input: &'a [f32],
    row: usize,
    output: Target,
    residual: Residual,
}

impl Kernel for Row<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Sliding { input, output, window, .. } = self.layer;
        let mut x = 0;
        while x < output.width {
            let columns = self.layer.inside(1, x, input.width);
            let next = (x + 7).min(output.width - 1);
            let eight = self.layer.inside(1, next, input.width).len() == window.kernel[1];
            if x + 8 <= output.width && columns.len() == window.kernel[1] && eight {
                self.results::<S, 8>(simd, x, &columns);
                x += 8;
            } else {
                self.results::<S, 1>(simd, x, &columns);
                x += 1;
            }
        }
    }
}

impl Row<'_> {
    /// Computes `N` adjacent results. Their windows have the same `columns` inside the map.
    #[inline(always)]
    fn results<S: Simd, const N: usize>(&self, simd: S, x: usize, columns: &Range<usize>) {
        let Sliding { input, output, window, reduction } = self.layer;
        let image = self.row / output.height;
        let y = self.row % output.height;
        let rows = self.layer.inside(0, y, input.height);
        let to = (self.row * output.width + x) * output.stride;
        let mut channel = 0;
        while channel < output.stride {
            let first = match reduction {
                Reduction::WeightedSum { .. } => 0.0,
                Reduction::Max => f32::NEG_INFINITY,
            };
            let mut results = [simd.splat(first); N];
            for dy in rows.clone() {
                for dx in columns.clone() {
                    let row = image * input.height + y * window.stride + dy - window.before[0];
                    let column = x * window.stride + dx - window.before[1];
                    let pixel = row * input.width + column;
                    let from = self.input[pixel * input.stride + channel..].as_ptr();
                    let step = window.stride * input.stride;
                    // SAFETY: the windows of all N results lie inside the map at this position, and
                    // channels are full vectors.
                    unsafe {
                        match reduction {
                            Reduction::WeightedSum { weights, .. } => {
                                let offset = (dy * window.kernel[1] + dx) * input.stride + channel;
                                let weight = simd.load(weights[offset..].as_ptr());
                                for (n, result) in results.iter_mut().enumerate() {
                                    *result =
                                        simd.fma(weight, simd.load(from.add(n * step)), *result);
                                }
                            }
                            Reduction::Max => {
                                for (n, result) in results.iter_mut().enumerate() {
                                    *result = simd.max(*result, simd.load(from.add(n * step)));
                                }
                            }
                        }
                    }
                }
            }
            for (n, result) in results.into_iter().enumerate() {
                let offset = to + n * output.stride + channel;
                // SAFETY: only this thread uses a row of results.
                unsafe {
                    let value = match reduction {
                        Reduction::WeightedSum { epilogue, .. } => {
                            epilogue.apply(simd, result, channel, self.residual.at(offset))
                        }
                        Reduction::Max => result,
                    };
                    simd.store(self.output.at(offset, S::LANES), value);
                }
            }
            channel += S::LANES;
        }
    }
}

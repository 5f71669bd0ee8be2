//! Convolutions as matrix products over the pixels under each window.

use std::cell::RefCell;

use super::layer::{DifferentiableLayer, MapBatch, Shape, Trace, Values};
use crate::linalg::matrix::{Matrix, MatrixMut};
use crate::network::graph::Window;

/// A convolution without groups.
pub(super) struct ConvolutionLayer {
    pub(super) input: Shape,
    pub(super) output: Shape,
    pub(super) window: Window,
    /// Indices of the parameters.
    pub(super) weight: usize,
    pub(super) bias: Option<usize>,
}

/// Maximum number of unfolded values at a time. They then stay in the second-level cache.
const UNFOLDED: usize = 1 << 18;
/// Minimum number of columns for which a product is worth its overhead.
const MIN_COLUMNS: usize = 256;

thread_local! {
    static PATCHES: RefCell<Vec<f32>> = RefCell::default();
}

/// Rows of output pixels, counted over all images.
#[derive(Clone, Copy)]
struct OutputRows {
    first: usize,
    count: usize,
}

impl ConvolutionLayer {
    /// Returns the number of values under one window.
    fn depth(&self) -> usize {
        self.input.channels * self.window.kernel[0] * self.window.kernel[1]
    }

    /// Calls `work` with some rows of output pixels at a time.
    ///
    /// The second argument is a buffer for the values under their windows.
    fn each(&self, images: usize, mut work: impl FnMut(OutputRows, &mut [f32])) {
        let depth = self.depth();
        let width = self.output.width;
        let columns = (UNFOLDED / depth).max(MIN_COLUMNS);
        let all = images * self.output.height;
        let step = (columns / width).max(1);
        PATCHES.with_borrow_mut(|patches| {
            patches.resize(patches.len().max(depth * step * width), 0.0);
            for first in (0..all).step_by(step) {
                let rows = OutputRows { first, count: step.min(all - first) };
                work(rows, &mut patches[..depth * rows.count * width]);
            }
        });
    }

    /// Copies the values under the windows of some rows: `(depth, pixels)`.
    fn unfold(&self, input: MapBatch<'_>, rows: OutputRows, patches: &mut [f32]) {
        let pixels = rows.count * self.output.width;
        let [height, width] = self.window.kernel;
        for (i, line) in patches.chunks_exact_mut(pixels).enumerate() {
            let channel = i / (height * width);
            let ky = i / width % height;
            let kx = i % width;
            let plane = &input.values[channel * input.images * self.input.plane()..];
            for (row, to) in (rows.first..).zip(line.chunks_exact_mut(self.output.width)) {
                match self.source_row(row, ky) {
                    Some(from) => {
                        self.copy_row(&plane[from * self.input.width..][..self.input.width], kx, to)
                    }
                    None => to.fill(0.0),
                }
            }
        }
    }

    /// Adds the values under the windows back to their source positions.
    fn fold(&self, images: usize, input: &mut [f32], rows: OutputRows, patches: &[f32]) {
        let pixels = rows.count * self.output.width;
        let [height, width] = self.window.kernel;
        for (i, line) in patches.chunks_exact(pixels).enumerate() {
            let channel = i / (height * width);
            let ky = i / width % height;
            let kx = i % width;
            let plane = &mut input[channel * images * self.input.plane()..];
            for (row, from) in (rows.first..).zip(line.chunks_exact(self.output.width)) {
                if let Some(to) = self.source_row(row, ky) {
                    let to = &mut plane[to * self.input.width..][..self.input.width];
                    self.add_row(from, kx, to);
                }
            }
        }
    }

    /// Returns the input row that row `ky` of an output row's windows reads.
    ///
    /// Rows are counted over all images. Returns `None` if that row is in the padding.
    fn source_row(&self, row: usize, ky: usize) -> Option<usize> {
        let image = row / self.output.height;
        let y = row % self.output.height;
        let y = (y * self.window.stride + ky).checked_sub(self.window.before[0])?;
        (y < self.input.height).then(|| image * self.input.height + y)
    }

    /// Returns the output columns with window column `kx` inside the input.
    ///
    /// The second value is the input column of the first one.
    fn inside(&self, kx: usize) -> (std::ops::Range<usize>, usize) {
        let stride = self.window.stride;
        let before = self.window.before[1];
        let first = before.saturating_sub(kx).div_ceil(stride).min(self.output.width);
        let room = (self.input.width + before).saturating_sub(kx);
        let end = room.div_ceil(stride).clamp(first, self.output.width);
        (first..end, (first * stride + kx).saturating_sub(before))
    }

    fn copy_row(&self, from: &[f32], kx: usize, to: &mut [f32]) {
        let (columns, start) = self.inside(kx);
        to[..columns.start].fill(0.0);
        to[columns.end..].fill(0.0);
        if self.window.stride == 1 {
            let from = &from[start..][..columns.len()];
            to[columns].copy_from_slice(from);
        } else {
            let from = from[start..].iter().step_by(self.window.stride);
            to[columns].iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        }
    }

    fn add_row(&self, from: &[f32], kx: usize, to: &mut [f32]) {
        let (columns, start) = self.inside(kx);
        let to = &mut to[start..];
        let from = &from[columns];
        if self.window.stride == 1 {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        } else {
            let to = to.iter_mut().step_by(self.window.stride);
            to.zip(from).for_each(|(to, from)| *to += from);
        }
    }
}

impl DifferentiableLayer for ConvolutionLayer {
    fn output(&self) -> Shape {
        self.output
    }

    fn forward(&self, weights: &Values, input: MapBatch<'_>, output: &mut [f32], _: &mut Vec<f32>) {
        let depth = self.depth();
        let channels = self.output.channels;
        let weight = Matrix::new(&weights[self.weight], channels, depth);
        let stride = input.images * self.output.plane();
        self.each(input.images, |rows, patches| {
            self.unfold(input, rows, patches);
            let pixels = rows.count * self.output.width;
            let result = MatrixMut::new(&mut output[rows.first * self.output.width..], stride);
            weight.multiply_into(Matrix::new(patches, depth, pixels), result);
        });
        if let Some(bias) = self.bias {
            for (values, bias) in output.chunks_exact_mut(stride).zip(&weights[bias]) {
                values.iter_mut().for_each(|value| *value += bias);
            }
        }
    }

    fn backward(
        &self,
        weights: &Values,
        trace: &Trace<'_>,
        input_gradient: &mut [f32],
        gradients: &mut Values,
    ) {
        let depth = self.depth();
        let channels = self.output.channels;
        let images = trace.images;
        let stride = trace.images * self.output.plane();
        let weight = Matrix::new(&weights[self.weight], channels, depth);
        input_gradient.fill(0.0);
        self.each(images, |rows, patches| {
            let pixels = rows.count * self.output.width;
            let gradient = &trace.gradient[rows.first * self.output.width..];
            let gradient = Matrix::in_rows(gradient, channels, pixels, stride);
            self.unfold(MapBatch { images, values: trace.input }, rows, patches);
            let unfolded = Matrix::new(patches, depth, pixels).transposed();
            let sums = MatrixMut::new(&mut gradients[self.weight], depth);
            gradient.multiply_add(unfolded, sums);
            if !input_gradient.is_empty() {
                weight.transposed().multiply_into(gradient, MatrixMut::new(patches, pixels));
                self.fold(images, input_gradient, rows, patches);
            }
        });
        if let Some(bias) = self.bias {
            for (sum, values) in gradients[bias].iter_mut().zip(trace.gradient.chunks_exact(stride))
            {
                *sum += values.iter().sum::<f32>();
            }
        }
    }
}

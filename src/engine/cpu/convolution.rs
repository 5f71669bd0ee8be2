//! Convolutions as matrix products that read the feature map in its own buffer.
//!
//! With channels last, a window's values in one row of the map are contiguous. The windows of
//! adjacent results lie a fixed distance apart. So a row of results is the product of a matrix that
//! is already in memory and the weights. No values are gathered. Linear layers are convolutions
//! with one window over the complete map.

use rayon::prelude::*;

use super::buffer::{Buffer, Target};
use super::epilogue::Epilogue;
use super::feature_map::{Geometry, Map};
use super::layer::{Call, Residual};
use super::matrix::{PANEL_COLUMNS, PackedWeights, Span, Tile, TileEpilogue};
use super::scaled_kernel::ScaledKernel;
use super::simd::{Kernel, Simd};
use crate::network::graph::Window;

/// Rows of a panel of weights that are used together. Their 128 KiB stay in the second-level cache.
const MAX_BLOCK_ROWS: usize = 512;

/// A convolution without groups.
pub(super) struct GemmConvolution {
    input: Map,
    output: Map,
    window: Window,
    weights: PackedWeights,
    blocks: Vec<Block>,
    epilogue: Epilogue,
}

/// A range of the weights' rows, from row `start`. `spans` are the matching values of a window.
struct Block {
    start: usize,
    spans: Vec<Span>,
}

impl GemmConvolution {
    pub(super) fn new(geometry: Geometry, kernel: ScaledKernel<'_>, epilogue: Epilogue) -> Self {
        let Geometry { input, output, window } = geometry;
        let [height, width] = window.kernel;
        let stride = input.stride;
        let row = width * input.stride;
        let weights = PackedWeights::new(height * row, output.channels, |k, out| {
            let channel = k % stride;
            let used = channel < input.channels;
            if used { kernel.value(k / row, k % row / stride, channel, out) } else { 0.0 }
        });
        let [top, left] = window.before;
        let [bottom, right] = window.after;
        let padded =
            Map { height: top + input.height + bottom, width: left + input.width + right, ..input };
        let line = padded.width * stride;
        let complete = Span { offset: 0, len: height * row };
        let spans = if row == line {
            vec![complete]
        } else {
            (0..height).map(|y| Span { offset: y * line, len: row }).collect()
        };
        Self { input: padded, output, window, weights, blocks: blocks(&spans), epilogue }
    }

    pub(super) fn run(&self, call: Call<'_>) {
        let residual = call.residual();
        let Call { images, inputs, output, scratch, instructions, .. } = call;
        let input = self.pad(images, inputs[0], scratch);
        let walk = self.walk(images);
        let panels = self.weights.panels();
        let pixels = images * self.output.pixels();
        let chunk = self.chunk(&walk, pixels);
        let output = Target::new(output);
        (0..pixels.div_ceil(chunk) * panels).into_par_iter().for_each(|task| {
            let start = task / panels * chunk;
            instructions.dispatch(WindowProduct {
                layer: self,
                input,
                walk: &walk,
                pixels: [start, pixels.min(start + chunk)],
                panel: task % panels,
                output,
                residual,
            });
        });
    }

    /// Returns the number of results that one thread computes from one panel of weights.
    ///
    /// It is large enough that the weights are read rarely. It is small enough that the inputs stay
    /// in the second-level cache.
    fn chunk(&self, walk: &WindowWalk, pixels: usize) -> usize {
        let depth: usize = self.window.kernel.iter().product::<usize>() * self.input.stride;
        let max_pixels = (96 * 1024 / depth).clamp(48, 2048);
        // All chunks have about the same size: a small rest would read all the weights for few
        // results.
        let chunk = pixels.div_ceil(((pixels + max_pixels / 2) / max_pixels).max(1));
        if walk.width < chunk { chunk.next_multiple_of(walk.width) } else { chunk }
    }

    /// Returns the input with zeros around it, where the window crosses the edge.
    fn pad<'a>(&self, images: usize, input: &'a [f32], scratch: &'a mut Buffer) -> &'a [f32] {
        let Window { before: [top, left], after, .. } = self.window;
        if [[top, left], after] == [[0; 2]; 2] {
            return input;
        }
        let line = self.input.width * self.input.stride;
        let len = self.input.len();
        let height = self.input.height - top - after[0];
        let from = (self.input.width - left - after[1]) * self.input.stride;
        let padded = &mut scratch.reserve(images * len)[..images * len];
        padded.par_chunks_exact_mut(line).enumerate().for_each(|(row, to)| {
            let image = row / self.input.height;
            let y = row % self.input.height;
            to.fill(0.0);
            if (top..top + height).contains(&y) {
                let start = (image * height + y - top) * from;
                to[left * self.input.stride..][..from].copy_from_slice(&input[start..start + from]);
            }
        });
        padded
    }

    fn walk(&self, images: usize) -> WindowWalk {
        let stride = self.window.stride;
        let len = self.input.len();
        let line = self.input.width * self.input.stride;
        let (width, left_stride) = if self.output.pixels() == 1 {
            (images, len)
        } else if self.window.kernel == [1, 1] && stride == 1 {
            (images * self.output.pixels(), self.input.stride)
        } else {
            (self.output.width, stride * self.input.stride)
        };
        WindowWalk {
            width,
            left_stride,
            height: self.output.height,
            row: stride * line,
            image: len,
        }
    }
}

/// Splits the spans into blocks of at most [`MAX_BLOCK_ROWS`] values.
fn blocks(spans: &[Span]) -> Vec<Block> {
    let mut blocks = Vec::<Block>::new();
    let mut start = 0;
    let mut filled = MAX_BLOCK_ROWS;
    for &Span { mut offset, len } in spans {
        let end = offset + len;
        while offset < end {
            if filled == MAX_BLOCK_ROWS {
                blocks.push(Block { start, spans: Vec::new() });
                filled = 0;
            }
            let len = (end - offset).min(MAX_BLOCK_ROWS - filled);
            blocks.last_mut().expect("just pushed").spans.push(Span { offset, len });
            offset += len;
            start += len;
            filled += len;
        }
    }
    blocks
}

/// Start positions of the windows of consecutive results.
struct WindowWalk {
    /// Number of results with windows a fixed distance apart.
    width: usize,
    /// That distance.
    left_stride: usize,
    /// Rows of results per image.
    height: usize,
    /// Distance between the first windows of two adjacent rows, then of two images.
    row: usize,
    image: usize,
}

impl WindowWalk {
    fn start(&self, pixel: usize) -> usize {
        let row = pixel / self.width;
        let x = pixel % self.width;
        row / self.height * self.image + row % self.height * self.row + x * self.left_stride
    }
}

/// Kernel that multiplies one panel of weights by the windows of some results.
struct WindowProduct<'a> {
    layer: &'a GemmConvolution,
    input: &'a [f32],
    walk: &'a WindowWalk,
    pixels: [usize; 2],
    panel: usize,
    output: Target,
    residual: Residual,
}

impl Kernel for WindowProduct<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let GemmConvolution { output, weights, blocks, epilogue, .. } = self.layer;
        let channel = self.panel * PANEL_COLUMNS;
        let columns = weights.width(self.panel);
        let [first, last] = self.pixels;
        for (i, block) in blocks.iter().enumerate() {
            let right = weights.panel(self.panel, block.start);
            let is_last = i + 1 == blocks.len();
            let mut pixel = first;
            while pixel < last {
                let left = self.walk.width - pixel % self.walk.width;
                let rows = Tile::height(left.min(last - pixel));
                let to = pixel * output.stride + channel;
                let residual = self.residual.at(to);
                let start = self.walk.start(pixel);
                assert!(start < self.input.len(), "a window begins inside its map");
                // SAFETY: the windows of results inside the output lie inside the input. Only this
                // thread uses the columns of a panel and the pixels of a chunk.
                unsafe {
                    let tile = Tile {
                        left: self.input.as_ptr().add(start),
                        left_stride: self.walk.left_stride,
                        spans: &block.spans,
                        right: right.as_ptr(),
                        columns,
                        result: self.output.at(to, (rows - 1) * output.stride + columns),
                        result_stride: output.stride,
                        resume: i > 0,
                        end: is_last.then_some(TileEpilogue { epilogue, channel, residual }),
                    };
                    tile.compute(simd, rows);
                }
                pixel += rows;
            }
        }
    }
}

//! Distribution of the tiles of a convolution over the cores.

use std::ops::Range;

use rayon::prelude::*;

use super::buffer::{Buffer, Target};
use super::layer::{Call, with_own_scratch};
use super::simd::Instructions;
use super::transforms::POINTS;
use super::winograd::{Multiply, Tiles, Transform, Work};
use super::winograd_layer::Winograd;

/// Maximum size of weights that stay in a core's cache while it processes its tiles.
const MAX_SMALL_WEIGHTS_BYTES: usize = 3 << 20;
/// Number of tiles. Their sums for one panel of weights stay in the second-level cache.
const TILES_PER_CORE: usize = 28;
/// As [`TILES_PER_CORE`], for weights that are read for each of many tiles.
const TILES_SHARED: usize = 56;
/// Transformed inputs that all cores share, in values. They stay in the third-level cache.
const MAX_SHARED_INPUTS: usize = 3 << 20;
impl Winograd {
    pub(super) fn run(&self, call: Call<'_>) {
        let residual = call.residual();
        let Call { images, inputs, output, scratch, instructions, .. } = call;
        let work = Work { layer: self, input: inputs[0], output: Target::new(output), residual };
        let tiles = images * self.tiles().iter().product::<usize>();
        if Self::weights_bytes(self.input.stride, self.output.stride) <= MAX_SMALL_WEIGHTS_BYTES {
            process_per_core(&work, tiles, instructions);
        } else {
            process_groups(&work, tiles, scratch, instructions);
        }
    }
}

/// Processes some tiles per core from inputs to results: the weights stay in its cache.
fn process_per_core(work: &Work<'_>, tiles: usize, instructions: Instructions) {
    let groups = (0..tiles.div_ceil(TILES_PER_CORE)).into_par_iter();
    groups.for_each(|i| {
        let group = chunk(tiles, i, TILES_PER_CORE);
        let len = work.layer.transformed_len(group.len());
        with_own_scratch(len + work.layer.sums_len(group.len()), |scratch| {
            let (transformed, sums) = scratch.split_at_mut(len);
            let all = Tiles { group: group.clone(), selected: group };
            let to = Target::new(transformed);
            instructions.dispatch(Transform { work, tiles: &all, to });
            for panel in 0..work.layer.weights[0].panels() {
                let transformed = &*transformed;
                let tiles = &all;
                instructions.dispatch(Multiply { work, transformed, tiles, panel, sums });
            }
        });
    });
}

/// Processes groups of tiles with all cores.
///
/// The cores share the transformed inputs of as many tiles as the cache can hold, so the weights
/// are read rarely.
fn process_groups(work: &Work<'_>, tiles: usize, scratch: &mut Buffer, instructions: Instructions) {
    let max_tiles = (MAX_SHARED_INPUTS / (POINTS * work.layer.input.stride)).max(TILES_SHARED);
    let size = tiles.div_ceil(tiles.div_ceil(max_tiles));
    for group in (0..tiles.div_ceil(size)).map(|i| chunk(tiles, i, size)) {
        let len = work.layer.transformed_len(group.len());
        let transformed = &mut scratch.reserve(len)[..len];
        let to = Target::new(transformed);
        (0..group.len().div_ceil(4)).into_par_iter().for_each(|i| {
            let tiles = chunk_of_group(&group, i, 4);
            instructions.dispatch(Transform { work, tiles: &tiles, to });
        });
        let transformed = &*transformed;
        let chunks = group.len().div_ceil(TILES_SHARED);
        (0..chunks * work.layer.weights[0].panels()).into_par_iter().for_each(|task| {
            let panel = task / chunks;
            let tiles = &chunk_of_group(&group, task % chunks, TILES_SHARED);
            with_own_scratch(work.layer.sums_len(tiles.selected.len()), |sums| {
                instructions.dispatch(Multiply { work, transformed, tiles, panel, sums });
            });
        });
    }
}

/// Returns chunk `i` of `0..len` in chunks of `size`.
fn chunk(len: usize, i: usize, size: usize) -> Range<usize> {
    i * size..len.min((i + 1) * size)
}

/// Returns chunk `i` of a group in chunks of `size` tiles.
fn chunk_of_group(group: &Range<usize>, i: usize, size: usize) -> Tiles {
    let Range { start, end } = chunk(group.len(), i, size);
    Tiles { group: group.clone(), selected: group.start + start..group.start + end }
}

//! Plan: the steps of a network, and the shared memory of their results.

use super::buffer::Buffer;
use super::convolution::GemmConvolution;
use super::epilogue::Epilogue;
use super::feature_map::Map;
use super::layer::Call;
use super::pointwise;
use super::simd::Instructions;
use super::sliding::Sliding;
use super::winograd_layer::Winograd;

/// Operation of a step.
pub(super) enum CpuLayer {
    Winograd(Winograd),
    Convolution(GemmConvolution),
    Sliding(Sliding),
    Average(Map),
    Gate(Map, Epilogue),
    Concat(Vec<Map>, Map),
}

/// A layer, with the nodes that it reads and the node of its stored result.
pub(super) struct ExecutionStep {
    pub(super) layer: CpuLayer,
    pub(super) inputs: Vec<usize>,
    pub(super) residual: Option<usize>,
    pub(super) output: usize,
}

impl ExecutionStep {
    fn reads(&self) -> impl Iterator<Item = usize> {
        self.inputs.iter().copied().chain(self.residual)
    }
}

/// Results larger than this, in values per image, are computed image by image. They then stay in
/// the third-level cache.
const MAX_CACHED_VALUES: usize = 1 << 18;

/// Steps in order, with the buffer of each node's result.
pub(super) struct ExecutionPlan {
    steps: Vec<ExecutionStep>,
    /// Number of steps that run image by image. The rest run on all images.
    alone: usize,
    /// Index of each node's buffer. It is meaningless for nodes that are part of a step.
    slots: Vec<usize>,
    /// Number of values per image of each node.
    lens: Vec<usize>,
}

/// Images on which a step runs, and their place in the buffer of its result.
#[derive(Clone, Copy)]
struct Pass<'a> {
    images: usize,
    /// The network's input for these images.
    input: &'a [f32],
    /// Index of the first image in the buffer.
    first: usize,
    /// Number of images in the buffer.
    room: usize,
}

/// The buffers of a plan. One run at a time uses them.
#[derive(Default)]
pub(super) struct Memory {
    slots: Vec<Buffer>,
    scratch: Buffer,
}

impl ExecutionPlan {
    /// Creates a plan. `maps` are the shapes of all nodes' results. Results of the nodes in
    /// `map_nodes` remain after a run.
    pub(super) fn new(steps: Vec<ExecutionStep>, maps: &[Map], map_nodes: &[usize]) -> Self {
        let lens: Vec<usize> = maps.iter().map(Map::len).collect();
        // Steps that run image by image leave only their last result for every image.
        let first_map = steps.iter().position(|step| map_nodes.contains(&step.output));
        let alone = steps_alone(&steps, &lens, first_map.map_or(steps.len(), |i| i + 1));
        let slots = share_slots(&steps, alone, map_nodes, maps.len());
        Self { steps, alone, slots, lens }
    }

    /// Returns a node's result after a run. The node must be the last one or in `map_nodes`.
    pub(super) fn result<'m>(&self, memory: &'m Memory, node: usize, images: usize) -> &'m [f32] {
        &memory.slots[self.slots[node]][..images * self.lens[node]]
    }

    /// Runs the steps on `images` images. [`Self::result`] returns the results.
    pub(super) fn run(
        &self,
        images: usize,
        input: &[f32],
        memory: &mut Memory,
        instructions: Instructions,
    ) {
        let slots = self.slots.iter().max().map_or(0, |slot| slot + 1);
        memory.slots.resize_with(slots, Buffer::default);
        let (alone, together) = self.steps.split_at(self.alone);
        for image in 0..images {
            for (i, step) in alone.iter().enumerate() {
                // The last result is stored for each image, the others only until the next image.
                let (first, room) = if i + 1 == alone.len() { (image, images) } else { (0, 1) };
                let input = &input[image * self.lens[0]..][..self.lens[0]];
                self.run_step(step, Pass { images: 1, input, first, room }, memory, instructions);
            }
        }
        for step in together {
            let pass = Pass { images, input, first: 0, room: images };
            self.run_step(step, pass, memory, instructions);
        }
    }

    /// Runs a step on the images of a pass.
    fn run_step(
        &self,
        step: &ExecutionStep,
        pass: Pass<'_>,
        memory: &mut Memory,
        instructions: Instructions,
    ) {
        let Pass { images, first, room, .. } = pass;
        let len = self.lens[step.output];
        let mut buffer = std::mem::take(&mut memory.slots[self.slots[step.output]]);
        let output = &mut buffer.reserve(room * len)[first * len..][..images * len];
        let Memory { slots, scratch } = memory;
        let inputs: Vec<&[f32]> =
            step.inputs.iter().map(|&node| self.read(slots, node, &pass)).collect();
        let residual = step.residual.map(|node| self.read(slots, node, &pass));
        let call = Call { images, inputs: &inputs, residual, output, scratch, instructions };
        match &step.layer {
            CpuLayer::Winograd(layer) => layer.run(call),
            CpuLayer::Convolution(layer) => layer.run(call),
            CpuLayer::Sliding(layer) => layer.run(call),
            CpuLayer::Average(input) => pointwise::average(*input, call),
            CpuLayer::Gate(map, epilogue) => pointwise::gate(*map, epilogue, call),
            CpuLayer::Concat(parts, output) => pointwise::concatenate(parts, *output, call),
        }
        memory.slots[self.slots[step.output]] = buffer;
    }

    /// Returns a node's values for the images of a pass.
    fn read<'s>(&self, slots: &'s [Buffer], node: usize, pass: &Pass<'s>) -> &'s [f32] {
        match node {
            0 => pass.input,
            _ => &slots[self.slots[node]][..pass.images * self.lens[node]],
        }
    }
}

/// Returns the number of steps that run image by image, at most `limit`.
///
/// These steps end at the last possible cut that is not after the last step with a large input.
/// After a cut, only the result of the step before it is still read.
fn steps_alone(steps: &[ExecutionStep], lens: &[usize], limit: usize) -> usize {
    let last_large = steps
        .iter()
        .rposition(|step| step.reads().any(|node| lens[node] > MAX_CACHED_VALUES))
        .map_or(0, |i| i + 1);
    (0..last_large.min(limit)).rev().find(|&i| is_cut(steps, i)).map_or(0, |i| i + 1)
}

/// Whether the steps after step `i` read no earlier result than that step's.
fn is_cut(steps: &[ExecutionStep], i: usize) -> bool {
    let mut later_reads = steps[i + 1..].iter().flat_map(ExecutionStep::reads);
    !later_reads.any(|node| node != steps[i].output && is_computed(steps, node, i))
}

/// Whether a node's result exists once step `i` is done.
fn is_computed(steps: &[ExecutionStep], node: usize, i: usize) -> bool {
    node == 0 || steps[..=i].iter().any(|step| step.output == node)
}

/// Assigns each result a buffer that holds no result that is still needed.
fn share_slots(
    steps: &[ExecutionStep],
    alone: usize,
    map_nodes: &[usize],
    nodes: usize,
) -> Vec<usize> {
    let mut last_read = vec![0; nodes];
    for (i, step) in steps.iter().enumerate() {
        step.reads().for_each(|node| last_read[node] = i);
    }
    map_nodes.iter().for_each(|&node| last_read[node] = steps.len());
    let mut slots = vec![0; nodes];
    // The node in each slot.
    let mut occupants: Vec<usize> = Vec::new();
    for (i, step) in steps.iter().enumerate() {
        // While images run one by one, their results are collected in a buffer.
        // None of their other results may use it.
        let gathers = i + 1 == alone;
        let free = occupants.iter().position(|&node| last_read[node] < i && !gathers);
        let slot = free.unwrap_or(occupants.len());
        if slot == occupants.len() {
            occupants.push(0);
        }
        occupants[slot] = step.output;
        slots[step.output] = slot;
    }
    slots
}

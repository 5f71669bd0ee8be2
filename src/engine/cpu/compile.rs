//! Compiler from a network to steps.
//!
//! The operations after a convolution are folded into its weights, or done before it stores.

use super::buffer::Buffer;
use super::convolution::GemmConvolution;
use super::feature_map::{Geometry, Map, node_map};
use super::fusion::{FusedLayer, LayerFusion};
use super::plan::{CpuLayer, ExecutionStep};
use super::scaled_kernel::ScaledKernel;
use super::sliding::{Reduction, Sliding};
use super::winograd_layer::Winograd;
use crate::network::graph::{Conv, Network, Node, Op, ParameterId, Window};

/// Minimum side of a map for Winograd's algorithm.
///
/// Below it, its transformed weights, which are four times as large, are not worth their reading.
const MIN_WINOGRAD_SIDE: usize = 12;
/// The same for small weights: a map of 7×7 is four tiles, which need a third of the
/// multiplications.
const MIN_SIDE_FOR_SMALL_WEIGHTS: usize = 7;
/// Maximum size of small transformed weights. A third-level cache holds them, so a single image
/// does not wait for memory. (512 channels from as many are larger: with them a single image took
/// an eighth longer.)
const MAX_SMALL_WEIGHTS_BYTES: usize = 32 << 20;

/// Compiler of a network, node by node. `load` reads a weight.
pub(super) struct Compiler<'a, L> {
    fusion: LayerFusion<'a, L>,
    steps: Vec<ExecutionStep>,
}

impl<'a, E, L: FnMut(ParameterId) -> Result<Vec<f32>, E>> Compiler<'a, L> {
    pub(super) fn new(network: &'a Network, load: L) -> Self {
        Self { fusion: LayerFusion::new(network, load), steps: Vec::new() }
    }

    /// Returns the steps, in an order in which each finds its inputs.
    pub(super) fn compile(mut self) -> Result<Vec<ExecutionStep>, E> {
        let mut done = vec![false; self.fusion.network.nodes().len()];
        for node in 1..done.len() {
            if done[node] {
                continue;
            }
            let (step, covered) = self.step(node)?;
            covered.into_iter().for_each(|node| done[node] = true);
            self.fusion.mark_stored(step.output);
            self.steps.push(step);
        }
        Ok(self.steps)
    }

    /// Returns the step that begins with a node, and the nodes that it covers.
    fn step(&mut self, first: usize) -> Result<(ExecutionStep, Vec<usize>), E> {
        let node = &self.fusion.network.nodes()[first];
        let input = self.map(node.inputs[0].index());
        let output = Map::blocked(node.shape);
        let mut covered = vec![first];
        let mut fused = self.fusion.identity(first);
        let layer = match &node.op {
            Op::Input => unreachable!("only the first node is the input"),
            Op::MaxPool(window) => {
                let geometry = Geometry { input, output, window: *window };
                CpuLayer::Sliding(Sliding::new(geometry, Reduction::Max))
            }
            Op::GlobalAveragePool => CpuLayer::Average(input),
            Op::Concat => {
                let parts = node.inputs.iter().map(|id| self.map(id.index())).collect();
                CpuLayer::Concat(parts, output)
            }
            Op::Conv(conv) => {
                fused.winograd = suits_winograd(conv, input, node.shape[0]);
                self.fusion.add_bias(&mut fused, conv.bias)?;
                self.fusion.fuse(&mut fused, &mut covered)?;
                let weight = self.fusion.load(conv.weight)?;
                self.convolution(conv, &weight, input, &mut fused)
            }
            Op::Linear { weight, bias } => {
                self.fusion.add_bias(&mut fused, *bias)?;
                self.fusion.fuse(&mut fused, &mut covered)?;
                let weight = self.fusion.load(*weight)?;
                self.linear(&weight, input, &mut fused)
            }
            Op::Gate => {
                self.fusion.fuse(&mut fused, &mut covered)?;
                CpuLayer::Gate(input, fused.take_epilogue(input))
            }
            // An operation outside an earlier layer is its own layer: each channel times one.
            Op::BatchNorm(_) | Op::Relu | Op::Prelu(_) | Op::Sigmoid | Op::Scale(_) | Op::Add => {
                fused.last = node.inputs[0].index();
                covered.clear();
                self.fusion.absorb(&mut fused, first, &mut covered)?;
                self.fusion.fuse(&mut fused, &mut covered)?;
                let ones = vec![1.0; input.channels];
                self.depthwise(&ones, Window::square(1, 1, 0), input, &mut fused)
            }
        };
        let inputs = step_inputs(node);
        let step = ExecutionStep { layer, inputs, residual: fused.residual, output: fused.last };
        Ok((step, covered))
    }

    fn convolution(
        &self,
        conv: &Conv,
        weight: &[f32],
        input: Map,
        fused: &mut FusedLayer,
    ) -> CpuLayer {
        let Conv { window, groups, .. } = *conv;
        if groups > 1 {
            return self.depthwise(weight, window, input, fused);
        }
        let output = self.map(fused.last);
        let epilogue = fused.take_epilogue(output);
        let kernel = ScaledKernel::new(weight, &fused.scale, input.channels, window);
        if fused.winograd {
            return CpuLayer::Winograd(Winograd::new(input, output, kernel, epilogue));
        }
        let geometry = Geometry { input, output, window };
        CpuLayer::Convolution(GemmConvolution::new(geometry, kernel, epilogue))
    }

    fn linear(&self, weight: &[f32], input: Map, fused: &mut FusedLayer) -> CpuLayer {
        let output = self.map(fused.last);
        let window = Window { kernel: [input.height, input.width], ..Window::square(1, 1, 0) };
        let epilogue = fused.take_epilogue(output);
        let kernel = ScaledKernel::new(weight, &fused.scale, input.channels, window);
        let geometry = Geometry { input, output, window };
        CpuLayer::Convolution(GemmConvolution::new(geometry, kernel, epilogue))
    }

    fn depthwise(
        &self,
        weight: &[f32],
        window: Window,
        input: Map,
        fused: &mut FusedLayer,
    ) -> CpuLayer {
        let output = self.map(fused.last);
        let positions: usize = window.kernel.iter().product();
        let mut weights = Buffer::zeros(positions * input.stride);
        for (i, value) in weights.iter_mut().enumerate() {
            let position = i / input.stride;
            let channel = i % input.stride;
            if channel < input.channels {
                *value = weight[channel * positions + position] * fused.scale[channel];
            }
        }
        let epilogue = fused.take_epilogue(output);
        let reduction = Reduction::WeightedSum { weights, epilogue };
        CpuLayer::Sliding(Sliding::new(Geometry { input, output, window }, reduction))
    }

    fn map(&self, node: usize) -> Map {
        node_map(self.fusion.network, node)
    }
}

/// Returns the nodes that the step of a node reads, without a residual.
fn step_inputs(node: &Node) -> Vec<usize> {
    match node.op {
        Op::Gate | Op::Concat => node.inputs.iter().map(|id| id.index()).collect(),
        _ => vec![node.inputs[0].index()],
    }
}

fn suits_winograd(conv: &Conv, input: Map, outputs: usize) -> bool {
    if conv.groups > 1 || conv.window != Window::same(3, 3) || input.channels <= 3 {
        return false;
    }
    let weights = Winograd::weights_bytes(input.channels, outputs);
    let side = if weights <= MAX_SMALL_WEIGHTS_BYTES {
        MIN_SIDE_FOR_SMALL_WEIGHTS
    } else {
        MIN_WINOGRAD_SIDE
    };
    input.height.min(input.width) >= side
}

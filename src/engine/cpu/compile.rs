//! Compiler from a network to steps.
//!
//! The operations after a convolution are folded into its weights, or done before it stores.

use super::buffer::Buffer;
use super::convolution::GemmConvolution;
use super::epilogue::{Activation, Epilogue};
use super::feature_map::{Geometry, Map};
use super::plan::{CpuLayer, ExecutionStep};
use super::sliding::{Reduction, Sliding};
use super::winograd::Winograd;
use crate::network::graph::{BatchNorm, Conv, Network, Node, NodeId, Op, ParameterId, Window};

/// Minimum side of a map for Winograd's algorithm.
///
/// Below it, its transformed weights, which are four times as large, are not worth their reading.
const WINOGRAD_SIDE: usize = 12;
/// The same for small weights: a map of 7×7 is four tiles, which need a third of the multiplications.
const WINOGRAD_SMALL_SIDE: usize = 7;
/// Maximum size of small transformed weights. A third-level cache holds them, so a single image does not wait for
/// memory. (512 channels from as many are larger: with them a single image took an eighth longer.)
const WINOGRAD_SMALL_WEIGHTS: usize = 32 << 20;

/// Compiler of a network, node by node. `load` reads a weight.
pub(super) struct Compiler<'a, L> {
    network: &'a Network,
    load: L,
    /// The nodes that read each node.
    readers: Vec<Vec<usize>>,
    /// Whether each node's result is in memory.
    stored: Vec<bool>,
    steps: Vec<ExecutionStep>,
}

/// Properties of a layer before its weights are packed.
struct FusedLayer {
    /// The node of the layer's stored result.
    last: usize,
    /// Factor and summand per output channel.
    scale: Vec<f32>,
    shift: Vec<f32>,
    residual: Option<usize>,
    activation: Activation,
    /// Whether the layer uses Winograd's algorithm, which can include a 2×2 maximum.
    winograd: bool,
}

impl<'a, E, L: FnMut(ParameterId) -> Result<Vec<f32>, E>> Compiler<'a, L> {
    pub(super) fn new(network: &'a Network, load: L) -> Self {
        let mut readers = vec![Vec::new(); network.nodes().len()];
        for (at, node) in network.nodes().iter().enumerate() {
            node.inputs.iter().for_each(|input| readers[input.index()].push(at));
        }
        let mut stored = vec![false; readers.len()];
        stored[0] = true;
        Self { network, load, readers, stored, steps: Vec::new() }
    }

    /// Returns the steps, in an order in which each finds its inputs.
    pub(super) fn compile(mut self) -> Result<Vec<ExecutionStep>, E> {
        let mut done = vec![false; self.readers.len()];
        for at in 1..self.readers.len() {
            if done[at] {
                continue;
            }
            let (step, fused) = self.step(at)?;
            fused.into_iter().for_each(|node| done[node] = true);
            self.stored[step.output] = true;
            self.steps.push(step);
        }
        Ok(self.steps)
    }

    /// Returns the step that begins with the node `at`, and the nodes that it covers.
    fn step(&mut self, at: usize) -> Result<(ExecutionStep, Vec<usize>), E> {
        let node = &self.network.nodes()[at];
        let input = self.map(node.inputs[0].index());
        let mut covered = vec![at];
        let (layer, last, residual) = match &node.op {
            Op::Input => unreachable!("only the first node is the input"),
            Op::MaxPool(window) => {
                let output = Map::blocked(node.shape);
                let geometry = Geometry { input, output, window: *window };
                (CpuLayer::Sliding(Sliding::new(geometry, Reduction::Max)), at, None)
            }
            Op::GlobalAveragePool => (CpuLayer::Average(input), at, None),
            Op::Concat => {
                let parts = node.inputs.iter().map(|id| self.map(id.index())).collect();
                (CpuLayer::Concat(parts, Map::blocked(node.shape)), at, None)
            }
            Op::Conv(conv) => {
                let mut fused = self.identity(at);
                fused.winograd = suits_winograd(conv, input, node.shape[0]);
                self.add_bias(&mut fused, conv.bias)?;
                self.fuse(&mut fused, &mut covered)?;
                let weight = (self.load)(conv.weight)?;
                let last = fused.last;
                let residual = fused.residual;
                (self.convolution(conv, &weight, input, fused), last, residual)
            }
            Op::Linear { weight, bias } => {
                let mut fused = self.identity(at);
                self.add_bias(&mut fused, *bias)?;
                self.fuse(&mut fused, &mut covered)?;
                let weight = (self.load)(*weight)?;
                let last = fused.last;
                let residual = fused.residual;
                (self.linear(&weight, input, fused), last, residual)
            }
            Op::Gate => {
                let mut fused = self.identity(at);
                self.fuse(&mut fused, &mut covered)?;
                let last = fused.last;
                let residual = fused.residual;
                (CpuLayer::Gate(input, fused.into_epilogue(input)), last, residual)
            }
            // An operation outside an earlier layer is its own layer: each channel times one.
            Op::BatchNorm(_) | Op::Relu | Op::Prelu(_) | Op::Sigmoid | Op::Scale(_) | Op::Add => {
                let mut fused = self.identity(at);
                fused.last = node.inputs[0].index();
                covered.clear();
                self.absorb(&mut fused, at, &mut covered)?;
                self.fuse(&mut fused, &mut covered)?;
                let last = fused.last;
                let residual = fused.residual;
                let ones = vec![1.0; input.channels];
                (self.depthwise(&ones, Window::square(1, 1, 0), input, fused), last, residual)
            }
        };
        let inputs = match node.op {
            Op::Gate | Op::Concat => node.inputs.iter().map(|id| id.index()).collect(),
            _ => vec![node.inputs[0].index()],
        };
        Ok((ExecutionStep { layer, inputs, residual, output: last }, covered))
    }

    fn identity(&self, at: usize) -> FusedLayer {
        let channels = self.network.nodes()[at].shape[0];
        let scale = vec![1.0; channels];
        let shift = vec![0.0; channels];
        let activation = Activation::Identity;
        FusedLayer { last: at, scale, shift, residual: None, activation, winograd: false }
    }

    fn add_bias(&mut self, fused: &mut FusedLayer, bias: Option<ParameterId>) -> Result<(), E> {
        if let Some(bias) = bias {
            fused.shift = (self.load)(bias)?;
        }
        Ok(())
    }

    /// Fuses the operations that follow. It stops if another node reads an intermediate result.
    fn fuse(&mut self, fused: &mut FusedLayer, covered: &mut Vec<usize>) -> Result<(), E> {
        while let [next] = self.readers[fused.last][..] {
            let takes = if fused.winograd && fused.residual.is_none() {
                self.takes_maximum(fused, next)
            } else {
                false
            };
            if takes {
                fused.last = next;
                covered.push(next);
                break;
            }
            if !self.absorb(fused, next, covered)? {
                break;
            }
        }
        Ok(())
    }

    /// Whether node `next` is a 2×2 maximum that may be taken before the activation.
    fn takes_maximum(&self, fused: &FusedLayer, next: usize) -> bool {
        let monotone = matches!(fused.activation, Activation::Identity | Activation::Relu);
        monotone && self.network.nodes()[next].op == Op::MaxPool(Window::square(2, 2, 0))
    }

    /// Makes node `next` part of the layer. Returns whether that was possible.
    fn absorb(
        &mut self,
        fused: &mut FusedLayer,
        next: usize,
        covered: &mut Vec<usize>,
    ) -> Result<bool, E> {
        let node: &Node = &self.network.nodes()[next];
        let linear = fused.residual.is_none() && matches!(fused.activation, Activation::Identity);
        match &node.op {
            Op::BatchNorm(norm) if linear => self.fold(fused, norm)?,
            Op::Scale(factor) if linear => {
                fused.scale.iter_mut().chain(&mut fused.shift).for_each(|value| *value *= factor);
            }
            Op::Add if linear => {
                let last = NodeId::index;
                let other = node.inputs.iter().map(|id| last(*id)).find(|&id| id != fused.last);
                match other {
                    Some(other) if self.stored[other] => fused.residual = Some(other),
                    _ => return Ok(false),
                }
            }
            Op::Relu if matches!(fused.activation, Activation::Identity) => {
                fused.activation = Activation::Relu;
            }
            Op::Sigmoid if matches!(fused.activation, Activation::Identity) => {
                fused.activation = Activation::Sigmoid;
            }
            Op::Prelu(slope) if matches!(fused.activation, Activation::Identity) => {
                let stride = Map::blocked(node.shape).stride;
                let slopes = Buffer::padded(&(self.load)(*slope)?, stride);
                fused.activation = Activation::Prelu(slopes);
            }
            _ => return Ok(false),
        }
        fused.last = next;
        covered.push(next);
        Ok(true)
    }

    /// Folds `gamma · (x − mean) / √(variance + epsilon) + beta` into scale and shift.
    fn fold(&mut self, fused: &mut FusedLayer, norm: &BatchNorm) -> Result<(), E> {
        let gamma = (self.load)(norm.gamma)?;
        let beta = (self.load)(norm.beta)?;
        let mean = (self.load)(norm.mean)?;
        let variance = (self.load)(norm.variance)?;
        for channel in 0..gamma.len() {
            let deviation = (f64::from(variance[channel]) + norm.epsilon).sqrt();
            let factor = (f64::from(gamma[channel]) / deviation) as f32;
            fused.scale[channel] *= factor;
            fused.shift[channel] = (fused.shift[channel] - mean[channel]) * factor + beta[channel];
        }
        Ok(())
    }

    fn convolution(&self, conv: &Conv, weight: &[f32], input: Map, fused: FusedLayer) -> CpuLayer {
        let Conv { window, groups, .. } = *conv;
        if groups > 1 {
            return self.depthwise(weight, window, input, fused);
        }
        let output = self.map(fused.last);
        let [height, width] = window.kernel;
        let channels = input.channels;
        let scale = fused.scale.clone();
        let value = |y: usize, x: usize, channel: usize, out: usize| {
            weight[((out * channels + channel) * height + y) * width + x] * scale[out]
        };
        let is_winograd = fused.winograd;
        let epilogue = fused.into_epilogue(output);
        if is_winograd {
            return CpuLayer::Winograd(Winograd::new(input, output, value, epilogue));
        }
        let geometry = Geometry { input, output, window };
        CpuLayer::Convolution(GemmConvolution::new(geometry, value, epilogue))
    }

    fn linear(&self, weight: &[f32], input: Map, fused: FusedLayer) -> CpuLayer {
        let output = self.map(fused.last);
        let Map { height, width, channels, .. } = input;
        let window = Window { kernel: [height, width], ..Window::square(1, 1, 0) };
        let scale = fused.scale.clone();
        let epilogue = fused.into_epilogue(output);
        let value = |y: usize, x: usize, channel: usize, out: usize| {
            weight[((out * channels + channel) * height + y) * width + x] * scale[out]
        };
        let geometry = Geometry { input, output, window };
        CpuLayer::Convolution(GemmConvolution::new(geometry, value, epilogue))
    }

    fn depthwise(&self, weight: &[f32], window: Window, input: Map, fused: FusedLayer) -> CpuLayer {
        let output = self.map(fused.last);
        let positions: usize = window.kernel.iter().product();
        let mut weights = Buffer::zeros(positions * input.stride);
        for (at, value) in weights.iter_mut().enumerate() {
            let position = at / input.stride;
            let channel = at % input.stride;
            if channel < input.channels {
                *value = weight[channel * positions + position] * fused.scale[channel];
            }
        }
        let epilogue = fused.into_epilogue(output);
        let what = Reduction::WeightedSum { weights, epilogue };
        CpuLayer::Sliding(Sliding::new(Geometry { input, output, window }, what))
    }

    fn map(&self, node: usize) -> Map {
        map(self.network, node)
    }
}

/// Returns the stored shape of a node's result.
pub(super) fn map(network: &Network, node: usize) -> Map {
    let shape = network.nodes()[node].shape;
    if node == 0 { Map::input(shape) } else { Map::blocked(shape) }
}

impl FusedLayer {
    fn into_epilogue(self, output: Map) -> Epilogue {
        let stride = output.stride;
        Epilogue { bias: Buffer::padded(&self.shift, stride), activation: self.activation }
    }
}

fn suits_winograd(conv: &Conv, input: Map, outputs: usize) -> bool {
    if conv.groups > 1 || conv.window != Window::same(3, 3) || input.channels <= 3 {
        return false;
    }
    let weights = Winograd::weights_size(input.channels, outputs);
    let side = if weights <= WINOGRAD_SMALL_WEIGHTS { WINOGRAD_SMALL_SIDE } else { WINOGRAD_SIDE };
    input.height.min(input.width) >= side
}

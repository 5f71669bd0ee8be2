//! Fusion of the operations after a layer into that layer.

use super::buffer::Buffer;
use super::epilogue::{Activation, Epilogue};
use super::feature_map::Map;
use crate::network::graph::{BatchNorm, Network, Op, ParameterId, Window};

/// Properties of a layer before its weights are packed.
pub(super) struct FusedLayer {
    /// The node of the layer's stored result.
    pub(super) last: usize,
    /// Factor and summand per output channel.
    pub(super) scale: Vec<f32>,
    pub(super) shift: Vec<f32>,
    pub(super) residual: Option<usize>,
    pub(super) activation: Activation,
    /// Whether the layer uses Winograd's algorithm, which can include a 2×2 maximum.
    pub(super) winograd: bool,
}

impl FusedLayer {
    /// Moves bias and activation into an epilogue.
    pub(super) fn take_epilogue(&mut self, output: Map) -> Epilogue {
        let bias = Buffer::padded(&self.shift, output.stride);
        Epilogue { bias, activation: std::mem::replace(&mut self.activation, Activation::Identity) }
    }
}

/// Finds the operations that a layer covers. `load` reads a weight.
pub(super) struct LayerFusion<'a, L> {
    pub(super) network: &'a Network,
    load: L,
    /// The nodes that read each node.
    readers: Vec<Vec<usize>>,
    /// Whether each node's result is in memory.
    stored: Vec<bool>,
}

impl<'a, E, L: FnMut(ParameterId) -> Result<Vec<f32>, E>> LayerFusion<'a, L> {
    pub(super) fn new(network: &'a Network, load: L) -> Self {
        let mut readers = vec![Vec::new(); network.nodes().len()];
        for (node, operation) in network.nodes().iter().enumerate() {
            operation.inputs.iter().for_each(|input| readers[input.index()].push(node));
        }
        let mut stored = vec![false; readers.len()];
        stored[0] = true;
        Self { network, load, readers, stored }
    }

    /// Reads a weight.
    pub(super) fn load(&mut self, id: ParameterId) -> Result<Vec<f32>, E> {
        (self.load)(id)
    }

    /// Records that the result of `node` is in memory.
    pub(super) fn mark_stored(&mut self, node: usize) {
        self.stored[node] = true;
    }

    /// Returns a layer that covers only `node`, with unit scale.
    pub(super) fn identity(&self, node: usize) -> FusedLayer {
        let channels = self.network.nodes()[node].shape[0];
        let scale = vec![1.0; channels];
        let shift = vec![0.0; channels];
        let activation = Activation::Identity;
        FusedLayer { last: node, scale, shift, residual: None, activation, winograd: false }
    }

    /// Sets the shift to a bias.
    pub(super) fn add_bias(
        &mut self,
        fused: &mut FusedLayer,
        bias: Option<ParameterId>,
    ) -> Result<(), E> {
        if let Some(bias) = bias {
            fused.shift = (self.load)(bias)?;
        }
        Ok(())
    }

    /// Fuses the operations that follow. It stops if another node reads an intermediate result.
    pub(super) fn fuse(
        &mut self,
        fused: &mut FusedLayer,
        covered: &mut Vec<usize>,
    ) -> Result<(), E> {
        while let [next] = self.readers[fused.last][..] {
            if self.takes_maximum(fused, next) {
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
        let is_monotone = matches!(fused.activation, Activation::Identity | Activation::Relu);
        let is_possible = fused.winograd && fused.residual.is_none() && is_monotone;
        is_possible && self.network.nodes()[next].op == Op::MaxPool(Window::square(2, 2, 0))
    }

    /// Makes node `next` part of the layer. Returns whether that was possible.
    pub(super) fn absorb(
        &mut self,
        fused: &mut FusedLayer,
        next: usize,
        covered: &mut Vec<usize>,
    ) -> Result<bool, E> {
        let node = &self.network.nodes()[next];
        let linear = fused.residual.is_none() && matches!(fused.activation, Activation::Identity);
        match &node.op {
            Op::BatchNorm(norm) if linear => self.fold(fused, norm)?,
            Op::Scale(factor) if linear => {
                fused.scale.iter_mut().chain(&mut fused.shift).for_each(|value| *value *= factor);
            }
            Op::Add if linear => {
                let summand = node.inputs.iter().map(|id| id.index()).find(|&id| id != fused.last);
                match summand {
                    Some(summand) if self.stored[summand] => fused.residual = Some(summand),
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
                let negative_slopes = Buffer::padded(&(self.load)(*slope)?, stride);
                fused.activation = Activation::Prelu(negative_slopes);
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
}

//! Shards on candle's tensors, for a GPU: forward, and backward by candle's own derivatives.

use candle_core::{DType, Device, Result, Tensor, Var};

use super::chain::Chain;
use super::layer::Values;
use super::shard::{Seeds, Shard};
use crate::engine::{Executor, Statistics, TensorOptions};
use crate::network::graph::{BatchNorm, Network, NodeId, Op, Parameter};

/// Engine that runs shards on a device, one after the other. Only requested results are copied from
/// the device.
pub(super) struct Tensors {
    network: Network,
    device: Device,
    /// Layers with requested results, in their order, each with its node.
    watched: Vec<(usize, NodeId)>,
    /// Batch normalizations, each with the node that it normalizes.
    norms: Vec<(NodeId, BatchNorm)>,
    /// The last pass's values on the device, per parameter.
    weights: Vec<Var>,
    /// The last pass's values, per shard.
    saved: Vec<SavedTensors>,
}

/// Values of the forward pass that the backward pass needs.
struct SavedTensors {
    /// Per watched layer, `(n, channels, height, width)`.
    watched: Vec<Tensor>,
    /// The input of each normalization, in the same shape.
    normed: Vec<Tensor>,
}

impl Tensors {
    pub(super) fn new(network: &Network, device: Device) -> Self {
        let mut norms = Vec::new();
        for node in network.nodes() {
            if let Op::BatchNorm(norm) = &node.op {
                norms.push((node.inputs[0], norm.clone()));
            }
        }
        Self {
            network: network.clone(),
            device,
            watched: Vec::new(),
            norms,
            weights: Vec::new(),
            saved: Vec::new(),
        }
    }

    /// Makes the results of these layers available after each pass, in their order.
    pub(super) fn watch(&mut self, chain: &Chain, layers: &[usize]) {
        let ids: Vec<NodeId> = self.network.ids().collect();
        self.watched = layers.iter().map(|&layer| (layer, ids[chain.nodes[layer]])).collect();
    }

    /// Runs shards of images of preprocessed pixels, `(n, height, width, 3)` each.
    pub(super) fn forward<'p>(
        &mut self,
        chain: &Chain,
        values: &Values,
        shards: impl Iterator<Item = (&'p mut Shard, &'p [f32])>,
    ) -> Result<()> {
        self.saved.clear();
        let executor = self.executor(values)?;
        for (shard, pixels) in shards {
            shard.images = pixels.len() / chain.input.len();
            shard.outputs.resize_with(chain.layers.len(), Vec::new);
            let saved = self.run(&executor, shard.images, pixels)?;
            for ((layer, _), result) in self.watched.iter().zip(&saved.watched) {
                shard.outputs[*layer] = channel_by_channel(result)?;
            }
            self.saved.push(saved);
        }
        Ok(())
    }

    /// Copies the weights to the device, for all shards of a pass.
    fn executor(&mut self, values: &Values) -> Result<Executor> {
        self.weights.clear();
        for (values, Parameter { shape, .. }) in values.iter().zip(self.network.parameters()) {
            self.weights.push(Var::from_slice(values, shape.as_slice(), &self.device)?);
        }
        let tensors = self.weights.iter().map(|weight| weight.as_tensor().clone()).collect();
        let options = TensorOptions { device: self.device.clone(), dtype: DType::F32 };
        Ok(Executor::for_training(self.network.clone(), options, tensors, Statistics::OfBatch))
    }

    fn run(&self, executor: &Executor, images: usize, pixels: &[f32]) -> Result<SavedTensors> {
        let side = self.network.input_size();
        let input = Tensor::from_slice(pixels, (images, side, side, 3), &self.device)?;
        let watched = self.watched.iter().map(|(_, node)| *node);
        let nodes: Vec<NodeId> = watched.chain(self.norms.iter().map(|(node, _)| *node)).collect();
        let input = input.permute((0, 3, 1, 2))?.contiguous()?;
        let mut watched = executor.run_nodes(&input, &nodes)?;
        let normed = watched.split_off(self.watched.len());
        Ok(SavedTensors { watched, normed })
    }

    /// Computes the gradients of all weights for the shards of the last pass. `seeds` are as in
    /// [`Shard::backward`].
    pub(super) fn backward<'s>(
        &mut self,
        shards: impl Iterator<Item = (&'s mut Shard, Seeds)>,
    ) -> Result<()> {
        for (saved, (shard, seeds)) in self.saved.drain(..).zip(shards) {
            let mut sum = Tensor::zeros((), DType::F32, &self.device)?;
            for (layer, seed) in seeds {
                let index = self.watched.iter().position(|(watched, _)| *watched == layer);
                let Some(index) = index else { continue };
                let result = &saved.watched[index];
                let (images, channels, height, width) = result.dims4()?;
                let seed = Tensor::from_vec(seed, (channels, images, height, width), &self.device)?;
                // The gradient of this sum with respect to the weights equals that of the loss.
                sum = (sum + (result * seed.transpose(0, 1)?)?.sum_all()?)?;
            }
            let gradients = sum.backward()?;
            shard.gradients.clear();
            for weight in &self.weights {
                shard.gradients.push(match gradients.get(weight) {
                    Some(gradient) => gradient.flatten_all()?.to_vec1()?,
                    None => vec![0.0; weight.elem_count()],
                });
            }
            for ((_, norm), input) in self.norms.iter().zip(&saved.normed) {
                let mean = input.mean_keepdim((0, 2, 3))?;
                let variance = input.broadcast_sub(&mean)?.sqr()?.mean((0, 2, 3))?;
                shard.gradients[norm.mean.index()] = mean.flatten_all()?.to_vec1()?;
                shard.gradients[norm.variance.index()] = variance.to_vec1()?;
            }
        }
        Ok(())
    }
}

/// Returns the values of `(n, channels, height, width)` in the order `(channels, n, height,
/// width)`.
fn channel_by_channel(map: &Tensor) -> Result<Vec<f32>> {
    map.transpose(0, 1)?.contiguous()?.flatten_all()?.to_vec1()
}

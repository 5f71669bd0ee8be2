//! Engine on candle's tensors: runs a network operation by operation.

mod gradient;

use candle_core::{D, DType, Device, Result, Tensor};

use super::device::TensorOptions;
use super::error::EngineError;
use super::interface::{Engine, Maps};
use crate::network::NetworkError;
use crate::network::graph::{
    BatchNorm, Conv, Network, Node, NodeId, Op, Parameter, ParameterId, Window,
};

/// Engine on candle's tensors.
pub(crate) struct CandleEngine {
    executor: Executor,
    /// Nodes with returned maps, then the output.
    nodes: Vec<NodeId>,
}

impl CandleEngine {
    /// Loads weights by `read` onto a device. Runs also return the maps of `map_nodes`.
    pub(crate) fn load(
        network: Network,
        map_nodes: &[NodeId],
        options: TensorOptions,
        mut read: impl FnMut(&Parameter) -> std::result::Result<Vec<f32>, NetworkError>,
    ) -> std::result::Result<Self, EngineError> {
        let nodes = map_nodes.iter().copied().chain(network.ids().last()).collect();
        let executor = Executor::load(network, options, |parameter| {
            read(parameter).map_err(EngineError::from)
        })?;
        Ok(Self { executor, nodes })
    }
}

impl Engine for CandleEngine {
    fn run_with_maps(
        &self,
        images: usize,
        pixels: Vec<f32>,
    ) -> std::result::Result<(Vec<Vec<f32>>, Maps), EngineError> {
        let size = self.executor.network.input_size();
        let input = Tensor::from_vec(pixels, (images, size, size, 3), &Device::Cpu)?;
        let mut maps = Vec::with_capacity(self.nodes.len());
        for map in self.executor.forward(&input, &self.nodes)? {
            maps.push(map.flatten_from(1)?.to_dtype(DType::F32)?.to_vec2()?);
        }
        Ok((maps.pop().unwrap_or_default(), maps))
    }
}

/// A network and its weights as candle tensors, on one device and of one type.
pub(crate) struct Executor {
    network: Network,
    options: TensorOptions,
    /// In the order of [`Network::parameters`].
    weights: Vec<Tensor>,
    /// Index of the last node that reads a node's result. After that node the result is dropped.
    last_use: Vec<usize>,
    /// Set for training. Operations with a wrong or slow gradient in candle then run in another
    /// form.
    training: Option<Statistics>,
}

/// Means and variances of batch normalizations in training.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Statistics {
    /// Those in the network's weights.
    Stored,
    /// Those of the current batch.
    OfBatch,
}

impl Executor {
    /// Loads weights by `read` onto a device.
    pub(crate) fn load<E: From<candle_core::Error>>(
        network: Network,
        options: TensorOptions,
        mut read: impl FnMut(&Parameter) -> std::result::Result<Vec<f32>, E>,
    ) -> std::result::Result<Self, E> {
        let mut weights = Vec::with_capacity(network.parameters().len());
        for parameter in network.parameters() {
            let values = read(parameter)?;
            let shape = parameter.shape.as_slice();
            let tensor = Tensor::from_vec(values, shape, &options.device)?;
            weights.push(tensor.to_dtype(options.dtype)?);
        }
        Ok(Self::new(network, options, weights))
    }

    /// Creates an executor for training. The weights, in the order of the parameters, may be
    /// variables.
    pub(crate) fn for_training(
        network: Network,
        options: TensorOptions,
        weights: Vec<Tensor>,
        statistics: Statistics,
    ) -> Self {
        Self { training: Some(statistics), ..Self::new(network, options, weights) }
    }

    fn new(network: Network, options: TensorOptions, weights: Vec<Tensor>) -> Self {
        let mut last_use: Vec<usize> = (0..network.nodes().len()).collect();
        for (i, node) in network.nodes().iter().enumerate() {
            node.inputs.iter().for_each(|input| last_use[input.index()] = i);
        }
        Self { network, options, weights, last_use, training: None }
    }

    /// Returns the results of some operations for pixels `(n, size, size, 3)`, f32 in main memory.
    ///
    /// The results are on the device, in the type of the weights.
    pub(crate) fn forward(&self, input: &Tensor, nodes: &[NodeId]) -> Result<Vec<Tensor>> {
        let TensorOptions { device, dtype } = &self.options;
        let input = input.to_device(device)?.to_dtype(*dtype)?.permute((0, 3, 1, 2))?;
        self.run_nodes(&input.contiguous()?, nodes)
    }

    /// Returns the last operation's result for an input of `(n, channels, height, width)`.
    ///
    /// Input and result are on the device, in the type of the weights.
    pub(crate) fn run(&self, input: &Tensor) -> Result<Tensor> {
        let last = self.network.ids().last();
        let mut results = self.run_nodes(input, last.as_slice())?;
        Ok(results.pop().unwrap_or_else(|| input.clone()))
    }

    /// As [`Self::run`], for the results of some operations.
    pub(crate) fn run_nodes(&self, input: &Tensor, nodes: &[NodeId]) -> Result<Vec<Tensor>> {
        let mut results: Vec<Option<Tensor>> = Vec::with_capacity(self.network.nodes().len());
        let mut requested = vec![input.clone(); nodes.len()];
        for (i, node) in self.network.nodes().iter().enumerate() {
            let inputs = node.inputs.iter().filter_map(|id| results[id.index()].clone());
            let result = match node.op {
                Op::Input => input.clone(),
                _ => self.apply(node, &inputs.collect::<Vec<_>>())?,
            };
            for (copy, _) in requested.iter_mut().zip(nodes).filter(|(_, id)| id.index() == i) {
                *copy = result.clone();
            }
            for id in node.inputs.iter().filter(|id| self.last_use[id.index()] == i) {
                results[id.index()] = None;
            }
            results.push(Some(result));
        }
        Ok(requested)
    }

    fn apply(&self, node: &Node, inputs: &[Tensor]) -> Result<Tensor> {
        let x = &inputs[0];
        match &node.op {
            Op::Input => Ok(x.clone()),
            Op::Conv(conv) => self.conv(conv, x),
            Op::BatchNorm(norm) => self.batch_norm(norm, x),
            Op::Relu => x.relu(),
            Op::Prelu(slope) => {
                let slope = self.per_channel(*slope)?;
                x.relu()? - x.neg()?.relu()?.broadcast_mul(&slope)?
            }
            Op::MaxPool(window) => self.max_pool(*window, x),
            Op::GlobalAveragePool => x.mean_keepdim(D::Minus1)?.mean_keepdim(D::Minus2),
            Op::Linear { weight, bias } => {
                let product = x.flatten_from(1)?.matmul(&self.weight(*weight).t()?)?;
                self.add_bias(*bias, product.unsqueeze(2)?.unsqueeze(3)?)
            }
            Op::Sigmoid => candle_nn::ops::sigmoid(x),
            Op::Scale(factor) => x.affine(f64::from(*factor), 0.0),
            Op::Add => x + &inputs[1],
            Op::Gate => x.broadcast_mul(&inputs[1]),
            Op::Concat => Tensor::cat(inputs, 1),
        }
    }

    fn conv(&self, conv: &Conv, x: &Tensor) -> Result<Tensor> {
        let x = pad(conv.window, x)?;
        let weight = self.weight(conv.weight);
        let is_depthwise = conv.groups == x.dim(1)? && conv.groups == weight.dim(0)?;
        let y = match conv.groups {
            _ if self.training.is_some() && is_depthwise => {
                gradient::depthwise(conv.window, &x, weight)?
            }
            1 if self.training.is_some() => gradient::convolution(conv.window, &x, weight)?,
            groups => x.conv2d(weight, 0, conv.window.stride, 1, groups)?,
        };
        self.add_bias(conv.bias, y)
    }

    /// Every maximum here follows a ReLU, so a padded zero never exceeds an existing value.
    fn max_pool(&self, window: Window, x: &Tensor) -> Result<Tensor> {
        let [height, width] = window.kernel;
        let stride = window.stride;
        let x = pad(window, x)?;
        if self.training.is_some() {
            return gradient::max_pool(window, &x);
        }
        x.max_pool2d_with_stride((height, width), (stride, stride))
    }

    fn add_bias(&self, bias: Option<ParameterId>, y: Tensor) -> Result<Tensor> {
        bias.map_or(Ok(y.clone()), |bias| y.broadcast_add(&self.per_channel(bias)?))
    }

    /// Scale and shift are computed in f32, or in f64 for weights of that type.
    fn batch_norm(&self, norm: &BatchNorm, x: &Tensor) -> Result<Tensor> {
        if self.training == Some(Statistics::OfBatch) {
            let apart = x.broadcast_sub(&x.mean_keepdim((0, 2, 3))?)?;
            let deviation = (apart.sqr()?.mean_keepdim((0, 2, 3))? + norm.epsilon)?.sqrt()?;
            let normed = apart.broadcast_div(&deviation)?;
            return normed
                .broadcast_mul(&self.wide_per_channel(norm.gamma)?)?
                .broadcast_add(&self.wide_per_channel(norm.beta)?);
        }
        let deviation = (self.wide_per_channel(norm.variance)? + norm.epsilon)?.sqrt()?;
        let scale = self.wide_per_channel(norm.gamma)?.broadcast_div(&deviation)?;
        let shift =
            (self.wide_per_channel(norm.beta)? - self.wide_per_channel(norm.mean)?.mul(&scale)?)?;
        let scale = scale.to_dtype(x.dtype())?;
        let shift = shift.to_dtype(x.dtype())?;
        x.broadcast_mul(&scale)?.broadcast_add(&shift)
    }

    /// As [`Self::per_channel`], in f32, or in f64 for weights of that type.
    fn wide_per_channel(&self, id: ParameterId) -> Result<Tensor> {
        let values = self.per_channel(id)?;
        if values.dtype() == DType::F64 { Ok(values) } else { values.to_dtype(DType::F32) }
    }

    fn weight(&self, id: ParameterId) -> &Tensor {
        &self.weights[id.index()]
    }

    /// Reshapes `(channels)` to `(1, channels, 1, 1)`, for a broadcast over a feature map.
    fn per_channel(&self, id: ParameterId) -> Result<Tensor> {
        self.weight(id).reshape((1, (), 1, 1))
    }
}

/// Adds zeros at the edges that the window crosses.
fn pad(Window { before, after, .. }: Window, x: &Tensor) -> Result<Tensor> {
    x.pad_with_zeros(2, before[0], after[0])?.pad_with_zeros(3, before[1], after[1])
}

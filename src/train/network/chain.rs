//! A network as a chain of layers.

use super::convolution::ConvolutionLayer;
use super::error::NetworkTrainingError;
use super::layer::{DifferentiableLayer, Shape};
use super::norm::Norm;
use super::pointwise::{Function, Pointwise};
use super::pool::{MaxPool, WeightedPool};
use crate::network::graph::{Conv, Network, Node, Op, ParameterId, Window};

/// Layers in their order, each with the node of its result.
pub(super) struct Chain {
    pub(super) input: Shape,
    pub(super) layers: Vec<Box<dyn DifferentiableLayer>>,
    /// Index of each layer's node.
    pub(super) nodes: Vec<usize>,
}

impl Chain {
    /// Creates the layers of a network without branches.
    ///
    /// # Errors
    /// [`NetworkTrainingError::NotTrainable`] if an operation does not read the one before it, or cannot be
    /// trained here.
    pub(super) fn new(network: &Network) -> Result<Self, NetworkTrainingError> {
        let nodes = network.nodes();
        let mut chain =
            Self { input: Shape::new(nodes[0].shape), layers: Vec::new(), nodes: Vec::new() };
        let mut i = 1;
        while let Some(node) = nodes.get(i) {
            let follows = node.inputs.iter().all(|input| input.index() + 1 == i);
            let next = nodes.get(i + 1);
            let layer = follows.then(|| layer(node, next, chain.shape())).flatten();
            let layer = layer.ok_or_else(|| NetworkTrainingError::NotTrainable {
                operation: format!("{:?}", node.op),
            })?;
            // A normalization computes its ReLU itself.
            i += if is_relu(next) && matches!(node.op, Op::BatchNorm(_)) { 2 } else { 1 };
            chain.layers.push(layer);
            chain.nodes.push(i - 1);
        }
        Ok(chain)
    }

    /// Returns the shape of the last layer's result.
    pub(super) fn shape(&self) -> Shape {
        self.layers.last().map_or(self.input, |layer| layer.output())
    }
}

fn is_relu(node: Option<&Node>) -> bool {
    matches!(node, Some(Node { op: Op::Relu, .. }))
}

/// Returns the layer of a node that reads maps of shape `input` and comes before the node `next`.
///
/// Returns `None` if its operation has no layer.
fn layer(node: &Node, next: Option<&Node>, input: Shape) -> Option<Box<dyn DifferentiableLayer>> {
    let output = Shape::new(node.shape);
    Some(match &node.op {
        Op::Conv(Conv { weight, bias, groups: 1, window }) => {
            let weight = weight.index();
            let bias = bias.map(ParameterId::index);
            Box::new(ConvolutionLayer { input, output, window: *window, weight, bias })
        }
        Op::Conv(Conv { weight, bias: None, groups, window })
            if *groups == input.channels
                && *window == Window::square(input.height, 1, 0)
                && input.height == input.width =>
        {
            Box::new(WeightedPool { input, weight: weight.index() })
        }
        Op::BatchNorm(parameters) => {
            let rectified = is_relu(next);
            Box::new(Norm { shape: output, parameters: parameters.clone(), rectified })
        }
        Op::Relu => Box::new(Pointwise { shape: output, function: Function::Relu }),
        Op::Sigmoid => Box::new(Pointwise { shape: output, function: Function::Sigmoid }),
        Op::MaxPool(window) if *window == Window::square(2, 2, 0) => {
            Box::new(MaxPool { input, output })
        }
        // The window is as large as the map.
        Op::Linear { weight, bias } => {
            let window = Window { kernel: [input.height, input.width], ..Window::square(1, 1, 0) };
            let weight = weight.index();
            let bias = bias.map(ParameterId::index);
            Box::new(ConvolutionLayer { input, output, window, weight, bias })
        }
        _ => return None,
    })
}

//! A network: a list of operations.

use super::operation::{NodeId, Op, Parameter};

/// An operation, with its inputs and the shape of its result.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The operation.
    pub op: Op,
    /// The earlier nodes that it reads.
    pub inputs: Vec<NodeId>,
    /// `[channels, height, width]` of the result.
    pub shape: [usize; 3],
}

impl Node {
    /// Returns the number of pixels of the result.
    pub(super) fn pixels(&self) -> usize {
        self.shape[1] * self.shape[2]
    }
}

/// A network: a list of operations, each after its inputs. The last one is the output.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    pub(super) nodes: Vec<Node>,
    pub(super) parameters: Vec<Parameter>,
}

impl Network {
    /// Returns the operations. The first is [`Op::Input`].
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Returns the indices of the operations, in their order.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> {
        (0..self.nodes.len()).map(NodeId)
    }

    /// Returns the weights of the network, each once.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Returns the side of the square input, in pixels.
    pub fn input_size(&self) -> usize {
        self.nodes[0].shape[1]
    }

    /// Returns the number of values in the output.
    pub fn output_width(&self) -> usize {
        self.nodes.last().map_or(0, |node| node.shape.iter().product())
    }
}

//! Builder of a network: appends operations and tracks shapes.

use super::network::{Network, Node};
use super::operation::{BatchNorm, Conv, NodeId, Op, Parameter, ParameterId, Window};
use crate::network::error::NetworkError;

/// Output channels, groups and window of a convolution to append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvShape {
    /// Number of output channels.
    pub out: usize,
    /// Number of independent channel groups.
    pub groups: usize,
    /// Kernel size, stride and padding with zeros.
    pub window: Window,
}

impl ConvShape {
    /// Returns a convolution without groups: each output channel reads all input channels.
    pub const fn dense(out: usize, window: Window) -> Self {
        Self { out, groups: 1, window }
    }

    /// Returns a depthwise convolution: each of `channels` channels has its own kernel.
    pub const fn depthwise(channels: usize, window: Window) -> Self {
        Self { out: channels, groups: channels, window }
    }
}

/// Builder of a [`Network`], operation by operation.
///
/// ```
/// use kindred::network::graph::{Builder, ConvShape, Window};
///
/// let mut net = Builder::new("example", 32);
/// let x = net.input();
/// let x = net.conv(x, "conv.weight", ConvShape::dense(8, Window::same(3, 3)));
/// let x = net.relu(x);
/// net.linear(x, "fc.weight", 4);
/// let network = net.finish()?;
/// assert_eq!(network.output_width(), 4);
/// # Ok::<(), kindred::network::NetworkError>(())
/// ```
pub struct Builder {
    architecture: &'static str,
    network: Network,
    /// The first misfit. Later operations are still recorded; [`Builder::finish`] reports the
    /// misfit.
    misfit: Option<String>,
}

impl Builder {
    /// Begins a network of `architecture` on RGB pixels, `[3, size, size]`.
    pub fn new(architecture: &'static str, size: usize) -> Self {
        let input = Node { op: Op::Input, inputs: Vec::new(), shape: [3, size, size] };
        let network = Network { nodes: vec![input], parameters: Vec::new() };
        let misfit = (!(1..=4096).contains(&size)).then(|| format!("an input of {size} pixels"));
        Self { architecture, network, misfit }
    }

    /// Returns the node of the input pixels.
    pub fn input(&self) -> NodeId {
        NodeId(0)
    }

    /// Returns the shape of a node, `[channels, height, width]`.
    pub fn shape(&self, node: NodeId) -> [usize; 3] {
        self.network.nodes[node.0].shape
    }

    /// Appends a convolution with a weight named `weight`.
    pub fn conv(&mut self, x: NodeId, weight: &str, shape: ConvShape) -> NodeId {
        let ConvShape { out, groups, window } = shape;
        let channels = self.shape(x)[0];
        if groups == 0 || !channels.is_multiple_of(groups) || !out.is_multiple_of(groups) {
            self.does_not_fit(format!(
                "'{weight}' splits {channels} channels into {groups} groups"
            ));
        }
        let [height, width] = window.kernel;
        let shape = vec![out, channels / groups.max(1), height, width];
        let weight = self.parameter(weight, shape);
        let shape = self.slide(x, window, out);
        self.push(Op::Conv(Conv { weight, bias: None, groups, window }), vec![x], shape)
    }

    /// Adds a bias named `name` to the convolution or linear layer `x`.
    pub fn bias(&mut self, x: NodeId, name: &str) -> NodeId {
        let channels = self.shape(x)[0];
        let parameter = self.parameter(name, vec![channels]);
        match &mut self.network.nodes[x.0].op {
            Op::Conv(Conv { bias, .. }) | Op::Linear { bias, .. } => *bias = Some(parameter),
            other => {
                let reason = format!("'{name}' is a bias for {other:?}");
                self.does_not_fit(reason);
            }
        }
        x
    }

    /// Appends a batch normalization. `names` are those of gamma, beta, mean and variance.
    pub fn batch_norm(&mut self, x: NodeId, names: [String; 4], epsilon: f64) -> NodeId {
        let shape = self.shape(x);
        let [gamma, beta, mean, variance] = names.map(|name| self.parameter(&name, vec![shape[0]]));
        self.push(Op::BatchNorm(BatchNorm { gamma, beta, mean, variance, epsilon }), vec![x], shape)
    }

    /// Appends a rectified linear unit.
    pub fn relu(&mut self, x: NodeId) -> NodeId {
        self.push(Op::Relu, vec![x], self.shape(x))
    }

    /// Appends a parametric rectified linear unit with slopes named `slope`.
    pub fn prelu(&mut self, x: NodeId, slope: &str) -> NodeId {
        let shape = self.shape(x);
        let slope = self.parameter(slope, vec![shape[0]]);
        self.push(Op::Prelu(slope), vec![x], shape)
    }

    /// Appends a maximum over windows.
    pub fn max_pool(&mut self, x: NodeId, window: Window) -> NodeId {
        let shape = self.slide(x, window, self.shape(x)[0]);
        self.push(Op::MaxPool(window), vec![x], shape)
    }

    /// Appends the mean of each channel.
    pub fn global_average_pool(&mut self, x: NodeId) -> NodeId {
        self.push(Op::GlobalAveragePool, vec![x], [self.shape(x)[0], 1, 1])
    }

    /// Appends a linear layer to `out` values with a weight named `weight`.
    pub fn linear(&mut self, x: NodeId, weight: &str, out: usize) -> NodeId {
        let width = self.shape(x).iter().product();
        let weight = self.parameter(weight, vec![out, width]);
        self.push(Op::Linear { weight, bias: None }, vec![x], [out, 1, 1])
    }

    /// Appends the logistic function.
    pub fn sigmoid(&mut self, x: NodeId) -> NodeId {
        self.push(Op::Sigmoid, vec![x], self.shape(x))
    }

    /// Appends `factor · x`.
    pub fn scale(&mut self, x: NodeId, factor: f32) -> NodeId {
        self.push(Op::Scale(factor), vec![x], self.shape(x))
    }

    /// Appends the sum of two nodes.
    pub fn add(&mut self, x: NodeId, y: NodeId) -> NodeId {
        let shape = self.shape(x);
        if shape != self.shape(y) {
            self.does_not_fit(format!("{shape:?} is added to {:?}", self.shape(y)));
        }
        self.push(Op::Add, vec![x, y], shape)
    }

    /// Appends a feature map with each channel multiplied by its value of a vector.
    pub fn gate(&mut self, x: NodeId, gates: NodeId) -> NodeId {
        let shape = self.shape(x);
        if self.shape(gates) != [shape[0], 1, 1] {
            self.does_not_fit(format!("{:?} gates {shape:?}", self.shape(gates)));
        }
        self.push(Op::Gate, vec![x, gates], shape)
    }

    /// Appends the channels of feature maps of one size, one after the other.
    pub fn concat(&mut self, maps: &[NodeId]) -> NodeId {
        let shapes: Vec<_> = maps.iter().map(|&map| self.shape(map)).collect();
        let [_, height, width] = shapes.first().copied().unwrap_or_default();
        if shapes.iter().any(|shape| shape[1..] != [height, width]) {
            self.does_not_fit(format!("{shapes:?} are concatenated"));
        }
        let channels = shapes.iter().map(|shape| shape[0]).sum();
        self.push(Op::Concat, maps.to_vec(), [channels, height, width])
    }

    /// Returns the network. Its output is the operation appended last.
    ///
    /// # Errors
    /// [`NetworkError::BadConfig`] if an operation did not fit the shape of its input.
    pub fn finish(self) -> Result<Network, NetworkError> {
        match self.misfit {
            None => Ok(self.network),
            Some(reason) => {
                Err(NetworkError::BadConfig { architecture: self.architecture, reason })
            }
        }
    }

    fn push(&mut self, op: Op, inputs: Vec<NodeId>, shape: [usize; 3]) -> NodeId {
        if shape.contains(&0) {
            self.does_not_fit(format!("{op:?} leaves nothing of its input"));
        }
        self.network.nodes.push(Node { op, inputs, shape });
        NodeId(self.network.nodes.len() - 1)
    }

    fn parameter(&mut self, name: &str, shape: Vec<usize>) -> ParameterId {
        self.network.parameters.push(Parameter { name: name.to_owned(), shape });
        ParameterId(self.network.parameters.len() - 1)
    }

    fn slide(&mut self, x: NodeId, window: Window, channels: usize) -> [usize; 3] {
        let [_, height, width] = self.shape(x);
        [channels, steps(window, 0, height), steps(window, 1, width)]
    }

    fn does_not_fit(&mut self, reason: String) {
        self.misfit.get_or_insert(reason);
    }
}

/// Returns the number of positions of a window along an axis of a map.
fn steps(window: Window, axis: usize, side: usize) -> usize {
    let padded = side + window.before[axis] + window.after[axis];
    match padded.checked_sub(window.kernel[axis]) {
        Some(room) => room / window.stride.max(1) + 1,
        None => 0,
    }
}

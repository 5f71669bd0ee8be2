//! A network as a list of operations, with the names and shapes of its weights.
//!
//! [`Builder`] appends operations and tracks shapes. The result is immutable. Shapes leave out the batch axis: a
//! feature map is `[channels, height, width]`, a vector `[width, 1, 1]`.

mod stages;

use super::error::NetworkError;

/// Index of an operation in [`Network::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeId(usize);

impl NodeId {
    /// Returns the index, from 0.
    pub fn index(self) -> usize {
        self.0
    }
}

/// Index of a weight in [`Network::parameters`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterId(usize);

impl ParameterId {
    /// Returns the index, from 0.
    pub fn index(self) -> usize {
        self.0
    }
}

/// A weight tensor of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name in the weights file.
    pub name: String,
    /// Its shape. A convolution has `[out, in / groups, height, width]`, a linear layer `[out, in]`, any other
    /// `[channels]`.
    pub shape: Vec<usize>,
}

/// One operation of a network.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// Preprocessed pixels.
    Input,
    /// Cross-correlation with a kernel.
    Conv(Conv),
    /// `gamma · (x − mean) / √(variance + epsilon) + beta`, per channel.
    BatchNorm(BatchNorm),
    /// `max(x, 0)`.
    Relu,
    /// `max(x, 0) + slope · min(x, 0)`, a slope per channel.
    Prelu(ParameterId),
    /// The largest value of each window.
    MaxPool(Window),
    /// The mean of each channel: `[c, h, w]` → `[c, 1, 1]`.
    GlobalAveragePool,
    /// `weight · x + bias` on the values in channel, row, column order.
    Linear {
        /// `[out, in]`
        weight: ParameterId,
        /// `[out]`
        bias: Option<ParameterId>,
    },
    /// `1 / (1 + e^−x)`.
    Sigmoid,
    /// `factor · x`.
    Scale(f32),
    /// The sum of two nodes of one shape.
    Add,
    /// A feature map, each channel multiplied by its value of a vector.
    ///
    /// **Shape**: `[c, h, w]` and `[c, 1, 1]` → `[c, h, w]`.
    Gate,
    /// The channels of several nodes one after the other.
    Concat,
}

/// A convolution's weights and geometry.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    /// `[out, in / groups, kernel height, kernel width]`
    pub weight: ParameterId,
    /// `[out]`
    pub bias: Option<ParameterId>,
    /// Number of independent channel groups. `in` groups make the convolution depthwise.
    pub groups: usize,
    /// Kernel size, stride and padding with zeros.
    pub window: Window,
}

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

/// A window that slides over a feature map. Pairs are rows, then columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Height and width of the window.
    pub kernel: [usize; 2],
    /// Step in both directions.
    pub stride: usize,
    /// Rows and columns added above and to the left. A maximum ignores them; a convolution reads zeros there.
    pub before: [usize; 2],
    /// Rows and columns added below and to the right, likewise.
    pub after: [usize; 2],
}

impl Window {
    /// Returns a square window with the same padding on all four sides.
    pub const fn square(kernel: usize, stride: usize, padding: usize) -> Self {
        Self { kernel: [kernel; 2], stride, before: [padding; 2], after: [padding; 2] }
    }

    /// Returns a window of any odd height and width. Its result is as large as its input.
    pub const fn same(height: usize, width: usize) -> Self {
        let padding = [height / 2, width / 2];
        Self { kernel: [height, width], stride: 1, before: padding, after: padding }
    }
}

/// A batch normalization's weights, each `[channels]`.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchNorm {
    /// Scale.
    pub gamma: ParameterId,
    /// Shift.
    pub beta: ParameterId,
    /// Mean of the training data.
    pub mean: ParameterId,
    /// Variance of the training data.
    pub variance: ParameterId,
    /// Added to the variance.
    pub epsilon: f64,
}

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

/// A network: a list of operations, each after its inputs. The last one is the output.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    nodes: Vec<Node>,
    parameters: Vec<Parameter>,
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

/// Builder of a [`Network`], operation by operation.
pub struct Builder {
    architecture: &'static str,
    network: Network,
    /// The first misfit. Later operations are still recorded; [`Builder::finish`] reports the misfit.
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
    pub fn concat(&mut self, parts: &[NodeId]) -> NodeId {
        let shapes: Vec<_> = parts.iter().map(|&part| self.shape(part)).collect();
        let [_, height, width] = shapes.first().copied().unwrap_or_default();
        if shapes.iter().any(|shape| shape[1..] != [height, width]) {
            self.does_not_fit(format!("{shapes:?} are concatenated"));
        }
        let channels = shapes.iter().map(|shape| shape[0]).sum();
        self.push(Op::Concat, parts.to_vec(), [channels, height, width])
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
        let steps = |side: usize, axis: usize| {
            let padded = side + window.before[axis] + window.after[axis];
            let room = padded.checked_sub(window.kernel[axis]);
            room.map_or(0, |room| room / window.stride.max(1) + 1)
        };
        [channels, steps(height, 0), steps(width, 1)]
    }

    fn does_not_fit(&mut self, reason: String) {
        self.misfit.get_or_insert(reason);
    }
}

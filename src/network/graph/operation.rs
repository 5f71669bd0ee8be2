//! Operations of a network, and their weights.

/// Index of an operation in [`super::Network::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeId(pub(super) usize);

impl NodeId {
    /// Returns the index, from 0.
    pub fn index(self) -> usize {
        self.0
    }
}

/// Index of a weight in [`super::Network::parameters`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterId(pub(super) usize);

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
    /// Its shape. A convolution has `[out, in / groups, height, width]`, a linear layer `[out,
    /// in]`, any other `[channels]`.
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

/// A window that slides over a feature map. Pairs are rows, then columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Height and width of the window.
    pub kernel: [usize; 2],
    /// Step in both directions.
    pub stride: usize,
    /// Rows and columns added above and to the left. A maximum ignores them; a convolution reads
    /// zeros there.
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

impl Op {
    /// Returns the weights of the operation.
    pub(super) fn parameters_mut(&mut self) -> Vec<&mut ParameterId> {
        match self {
            Self::Conv(Conv { weight, bias, .. }) | Self::Linear { weight, bias } => {
                [weight].into_iter().chain(bias).collect()
            }
            Self::BatchNorm(BatchNorm { gamma, beta, mean, variance, .. }) => {
                vec![gamma, beta, mean, variance]
            }
            Self::Prelu(slope) => vec![slope],
            _ => Vec::new(),
        }
    }
}

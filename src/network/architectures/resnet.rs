//! ResNet-50 and SENet-50 as trained on VGGFace2.
//!
//! Sources:
//! - Training: Q. Cao, L. Shen, W. Xie, O. M. Parkhi, A. Zisserman, "VGGFace2: A dataset for
//!   recognising faces across pose and age", 2018.
//! - ResNet: K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", 2015,
//!   table 1.
//! - SENet: J. Hu, L. Shen, G. Sun, "Squeeze-and-Excitation Networks", 2017, table 1.
//!
//! As in the Caffe models of the first paper, a halving stage halves in its first 1×1 convolution,
//! not in the 3×3 one. Weights are named as in Oxford's PyTorch files: `conv1_7x7_s2.weight`,
//! `conv2_1_1x1_reduce_bn.running_mean` … `feat_extract.weight`. The classifier is left out.

use serde::{Deserialize, Serialize};

use super::description::Description;
use crate::network::error::NetworkError;
use crate::network::graph::{Builder, ConvShape, Network, NodeId, Window};
use crate::network::preprocessing::{ChannelOrder, Crop, Preprocessing};
use crate::network::published_weights::{PublishedWeights, Publisher};

/// Blocks per stage.
const DEPTHS: [usize; 4] = [3, 4, 6, 3];
/// Factor from a stage's width to its output's width.
const EXPANSION: usize = 4;
/// Factor by which squeeze and excitation narrows a stage's output.
const REDUCTION: usize = 16;
const POINT: Window = Window::square(1, 1, 0);

/// The means of VGGFace2, and its authors' crop.
const PREPROCESSING: Preprocessing = Preprocessing {
    channels: ChannelOrder::Rgb,
    mean: [131.0912, 103.8827, 91.4953],
    scale: 1.0,
    mirror: false,
    crop: Crop::Center,
};

/// Description of ResNet-50. Keras's weights have an epsilon of 1e-3.
pub(super) const RESNET50: Description<Config> = Description {
    name: "resnet50",
    preprocessing: PREPROCESSING,
    network: resnet50,
    import: |weights| import(weights, 1e-3),
};

/// Description of SENet-50. Keras's weights have an epsilon of 1e-4.
pub(super) const SENET50: Description<Config> = Description {
    name: "senet50",
    preprocessing: PREPROCESSING,
    network: senet50,
    import: |weights| import(weights, 1e-4),
};

/// Configuration of ResNet-50 or SENet-50.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Side of the input in pixels; 224 in the paper.
    pub input_size: usize,
    /// Channels of the first convolution; 64 in the paper. All other widths follow.
    pub channels: usize,
    /// Zero padding of the framework that the weights come from.
    pub padding: Padding,
    /// Added to variances in batch normalization: 1e-5 in Caffe and PyTorch; in Keras 1e-3 (ResNet)
    /// or 1e-4 (SENet).
    pub epsilon: f64,
    /// Width of a projection after the mean, without bias. 128 and 256 are published. `None` for
    /// the mean itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projection: Option<usize>,
}

/// Zero padding of a framework around the first layers' inputs, which have even sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Padding {
    /// Caffe and PyTorch: three on each side of the 7×7 convolution. The maximum reaches over the
    /// edge.
    Caffe,
    /// Keras: two before and three after. The maximum stays inside.
    Keras,
}

impl Default for Config {
    fn default() -> Self {
        let padding = Padding::Caffe;
        Self { input_size: 224, channels: 64, padding, epsilon: 1e-5, projection: None }
    }
}

impl Padding {
    fn stem(self) -> Window {
        match self {
            Self::Caffe => Window::square(7, 2, 3),
            Self::Keras => Window { before: [2; 2], after: [3; 2], ..Window::square(7, 2, 0) },
        }
    }

    fn maximum(self) -> Window {
        match self {
            Self::Caffe => Window { after: [1; 2], ..Window::square(3, 2, 0) },
            Self::Keras => Window::square(3, 2, 0),
        }
    }
}

/// Builds ResNet-50: `(batch, 3, 224, 224)` → `(batch, 2048)`, or the projection's width.
///
/// # Errors
/// [`NetworkError::BadConfig`] if the input is too small for five halvings, or a width is zero.
pub fn resnet50(config: &Config) -> Result<Network, NetworkError> {
    ResNetBuilder { net: Builder::new("resnet50", config.input_size), config, gated: false }
        .finish()
}

/// Builds SENet-50: ResNet-50 with squeeze and excitation, which weighs the channels of each block.
///
/// Shapes are those of [`resnet50`].
///
/// # Errors
/// As for [`resnet50`].
pub fn senet50(config: &Config) -> Result<Network, NetworkError> {
    ResNetBuilder { net: Builder::new("senet50", config.input_size), config, gated: true }.finish()
}

struct ResNetBuilder<'a> {
    net: Builder,
    config: &'a Config,
    gated: bool,
}

impl ResNetBuilder<'_> {
    fn finish(mut self) -> Result<Network, NetworkError> {
        let Config { channels, padding, projection, .. } = *self.config;
        let input = self.net.input();
        let x = self.conv(input, "conv1_7x7_s2", channels, padding.stem());
        let x = self.net.relu(x);
        let mut x = self.net.max_pool(x, padding.maximum());
        for (stage, depth) in (2..).zip(DEPTHS) {
            let width = channels << (stage - 2);
            for block in 1..=depth {
                let stride = if stage > 2 && block == 1 { 2 } else { 1 };
                x = self.block(x, &format!("conv{stage}_{block}"), width, stride);
            }
        }
        let x = self.net.global_average_pool(x);
        if let Some(width) = projection {
            self.net.conv(x, "feat_extract.weight", ConvShape::dense(width, POINT));
        }
        self.net.finish()
    }

    /// Appends a bottleneck. The first of a stage projects its input to the stage's output.
    fn block(&mut self, x: NodeId, name: &str, width: usize, stride: usize) -> NodeId {
        let halving = Window::square(1, stride, 0);
        let out = EXPANSION * width;
        let shortcut = if name.ends_with("_1") {
            self.conv(x, &format!("{name}_1x1_proj"), out, halving)
        } else {
            x
        };
        let y = self.conv(x, &format!("{name}_1x1_reduce"), width, halving);
        let y = self.net.relu(y);
        let y = self.conv(y, &format!("{name}_3x3"), width, Window::same(3, 3));
        let y = self.net.relu(y);
        let mut y = self.conv(y, &format!("{name}_1x1_increase"), out, POINT);
        if self.gated {
            y = self.gate(y, name);
        }
        let y = self.net.add(y, shortcut);
        self.net.relu(y)
    }

    /// Appends squeeze and excitation.
    fn gate(&mut self, x: NodeId, name: &str) -> NodeId {
        let channels = self.net.shape(x)[0];
        let means = self.net.global_average_pool(x);
        let down = self.biased(means, &format!("{name}_1x1_down"), channels / REDUCTION);
        let down = self.net.relu(down);
        let up = self.biased(down, &format!("{name}_1x1_up"), channels);
        let gates = self.net.sigmoid(up);
        self.net.gate(x, gates)
    }

    fn biased(&mut self, x: NodeId, name: &str, out: usize) -> NodeId {
        let x = self.net.conv(x, &format!("{name}.weight"), ConvShape::dense(out, POINT));
        self.net.bias(x, &format!("{name}.bias"))
    }

    /// Appends a convolution without bias, and batch normalization.
    fn conv(&mut self, x: NodeId, name: &str, out: usize, window: Window) -> NodeId {
        let x = self.net.conv(x, &format!("{name}.weight"), ConvShape::dense(out, window));
        let names = ["weight", "bias", "running_mean", "running_var"];
        self.net.batch_norm(x, names.map(|part| format!("{name}_bn.{part}")), self.config.epsilon)
    }
}

/// Returns the configuration with the widths of published weights.
fn import(weights: &PublishedWeights, keras_epsilon: f64) -> Config {
    let config = Config::default();
    let (padding, epsilon) = match weights.publisher {
        Publisher::Keras | Publisher::Deepface => (Padding::Keras, keras_epsilon),
        Publisher::Cydonia | Publisher::Authors => (Padding::Caffe, config.epsilon),
    };
    let channels = weights.width("conv1_7x7_s2.weight", config.channels);
    let projection = weights.first_side("feat_extract.weight");
    Config { channels, padding, epsilon, projection, ..config }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(network: &Network) -> usize {
        network.parameters().iter().map(|p| p.shape.iter().product::<usize>()).sum()
    }

    #[test]
    fn the_published_networks_are_as_large_as_published() {
        let network = resnet50(&Config::default()).unwrap();
        assert_eq!((network.input_size(), network.output_width()), (224, 2048));
        // 23,508,032 trained values, and means and variances of 26,560 channels.
        assert_eq!(weights(&network), 23_508_032 + 2 * 26_560);
        let projected = senet50(&Config { projection: Some(256), ..Config::default() }).unwrap();
        assert_eq!(projected.output_width(), 256);
        assert_eq!(projected.parameters().last().unwrap().shape, [256, 2048, 1, 1]);
    }

    #[test]
    fn paddings_differ_in_the_size_of_the_second_stage() {
        let side = |padding| {
            let network = resnet50(&Config { padding, ..Config::default() }).unwrap();
            network.nodes()[4].shape[1]
        };
        assert_eq!((side(Padding::Caffe), side(Padding::Keras)), (56, 55));
    }
}

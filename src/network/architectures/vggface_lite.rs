//! A small network in the layout of VGG, for aligned faces.
//!
//! It has 3×3 convolutions with ReLU in five blocks. The layout is configuration A of K. Simonyan,
//! A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2014. Unlike
//! the paper it is narrow, on 112×112 pixels, and without fully connected layers.
//!
//! A 2×2 maximum follows each of the first four blocks. After the fifth, every channel is pooled
//! with its own weights, one per position. The reason is that the middle of a face is more
//! informative than its corners (the global depthwise convolution of S. Chen et al.,
//! "MobileFaceNets", 2018, section 3.1). Two projections follow: onto a teacher's embedding of the
//! face, and onto axes along which kin are similar ([`crate::train::network`]).
//!
//! In training, a batch normalization stands between each convolution and its ReLU, and after the
//! pooling ([`training_network`]). After training the normalizations are folded into the weights.
//! Weights are named `conv1_1.weight` … `projection.bias`.

use serde::{Deserialize, Serialize};

use super::description::Description;
use crate::network::error::NetworkError;
use crate::network::graph::{Builder, ConvShape, Network, NodeId, Window};
use crate::network::preprocessing::Preprocessing;
use crate::network::published_weights::PublishedWeights;

/// Description of the architecture.
pub(super) const DESCRIPTION: Description<Config> = Description {
    name: "vggface-lite",
    preprocessing: Preprocessing::SIGNED_UNIT,
    network,
    import,
};

/// Configuration of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Side of the input in pixels; a multiple of 16.
    pub input_size: usize,
    /// Number of convolutions in each of the five blocks.
    pub depths: [usize; 5],
    /// Channels of the five blocks.
    pub channels: [usize; 5],
    /// Width of the embedding.
    pub embedding: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            input_size: 112,
            depths: [1, 1, 2, 2, 2],
            channels: [24, 48, 80, 192, 448],
            embedding: 256,
        }
    }
}

/// Builds the network: `(batch, 3, 112, 112)` → `(batch, 256)`.
///
/// # Errors
/// [`NetworkError::BadConfig`] if the input is too small for four halvings, or a width is zero.
pub fn network(config: &Config) -> Result<Network, NetworkError> {
    build(config, biased)
}

/// Builds the network with a batch normalization instead of each bias but the last.
///
/// # Errors
/// As [`network`].
pub fn training_network(config: &Config) -> Result<Network, NetworkError> {
    build(config, normalized)
}

/// Function that appends the layer after a convolution.
pub(super) type Shift = fn(&mut Builder, NodeId, &str) -> NodeId;

/// Appends the bias of the network after training.
pub(super) fn biased(net: &mut Builder, x: NodeId, name: &str) -> NodeId {
    net.bias(x, &format!("{name}.bias"))
}

/// Appends the batch normalization of the network in training.
pub(super) fn normalized(net: &mut Builder, x: NodeId, name: &str) -> NodeId {
    let names = ["gamma", "beta", "mean", "variance"].map(|part| format!("{name}.{part}"));
    net.batch_norm(x, names, 1e-5)
}

fn build(config: &Config, shift: Shift) -> Result<Network, NetworkError> {
    let mut net = Builder::new("vggface-lite", config.input_size);
    let mut x = net.input();
    for (block, (depth, channels)) in (1..).zip(config.depths.into_iter().zip(config.channels)) {
        for layer in 1..=depth {
            let name = format!("conv{block}_{layer}");
            x = net.conv(
                x,
                &format!("{name}.weight"),
                ConvShape::dense(channels, Window::same(3, 3)),
            );
            x = shift(&mut net, x, &name);
            x = net.relu(x);
        }
        if block < 5 {
            x = net.max_pool(x, Window::square(2, 2, 0));
        }
    }
    let [channels, side, _] = net.shape(x);
    x = net.conv(
        x,
        "pool.weight",
        ConvShape::depthwise(channels, Window::square(side.max(1), 1, 0)),
    );
    x = shift(&mut net, x, "pool");
    x = net.linear(x, "projection.weight", config.embedding);
    net.bias(x, "projection.bias");
    net.finish()
}

/// Returns the configuration with the widths of published weights.
fn import(weights: &PublishedWeights) -> Config {
    let config = Config::default();
    let depths = std::array::from_fn(|block| match imported_depth(weights, block) {
        0 => config.depths[block],
        depth => depth,
    });
    let channels =
        std::array::from_fn(|block| weights.width(&conv_weight(block, 1), config.channels[block]));
    let input_size = weights.inputs("pool.weight").map(|positions| 16 * positions.isqrt());
    Config {
        input_size: input_size.unwrap_or(config.input_size),
        depths,
        channels,
        embedding: weights.width("projection.weight", config.embedding),
    }
}

/// Returns the number of consecutive convolutions of a block.
fn imported_depth(weights: &PublishedWeights, block: usize) -> usize {
    (1..).take_while(|&layer| weights.tensors.contains_key(&conv_weight(block, layer))).count()
}

/// Returns the name of a weight. Blocks count from 0, layers from 1.
fn conv_weight(block: usize, layer: usize) -> String {
    format!("conv{}_{layer}.weight", block + 1)
}

//! A small network that finds five points of a face, and predicts whether there is a face.
//!
//! It has 3×3 convolutions with ReLU and 2×2 maxima on 64×64 pixels, then two linear layers. It
//! regresses the points like the first network of the cascade of Y. Sun, X. Wang, X. Tang, "Deep
//! Convolutional Network Cascade for Facial Point Detection", 2013. Unlike in the paper, one
//! network serves every pass: once the face's rough position is known, it runs on the face again.
//! As in [`super::vggface_lite`], batch normalizations are folded after training.

use serde::{Deserialize, Serialize};

use super::description::Description;
use super::vggface_lite::{Shift, biased, normalized};
use crate::network::error::NetworkError;
use crate::network::graph::{Builder, ConvShape, Network, Window};
use crate::network::preprocessing::Preprocessing;
use crate::network::published_weights::PublishedWeights;

/// Description of the architecture.
pub(super) const DESCRIPTION: Description<Config> =
    Description { name: "landmarks", preprocessing: Preprocessing::SIGNED_UNIT, network, import };

/// Configuration of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Side of the input in pixels; a multiple of 16.
    pub input_size: usize,
    /// Channels of the four convolutions before the four halvings, and of the one after them.
    pub channels: [usize; 5],
    /// Width of the layer before the last.
    pub hidden: usize,
}

/// Number of output values: x and y of each of the five points, and the log odds of a face.
///
/// Coordinates range from −1 at the left and upper edge to 1 at the right and lower edge.
pub const OUTPUTS: usize = 11;

impl Default for Config {
    fn default() -> Self {
        Self { input_size: 64, channels: [16, 32, 64, 96, 96], hidden: 128 }
    }
}

/// Builds the network: `(batch, 3, 64, 64)` → `(batch, 11)`, see [`OUTPUTS`].
///
/// # Errors
/// [`NetworkError::BadConfig`] if the input is too small for four halvings, or a width is zero.
pub fn network(config: &Config) -> Result<Network, NetworkError> {
    build(config, biased)
}

/// Builds the network with a batch normalization instead of each convolution's bias.
///
/// # Errors
/// As [`network`].
pub fn training_network(config: &Config) -> Result<Network, NetworkError> {
    build(config, normalized)
}

fn build(config: &Config, shift: Shift) -> Result<Network, NetworkError> {
    let mut net = Builder::new("landmarks", config.input_size);
    let mut x = net.input();
    for (layer, channels) in (1..).zip(config.channels) {
        let name = format!("conv{layer}");
        x = net.conv(x, &format!("{name}.weight"), ConvShape::dense(channels, Window::same(3, 3)));
        x = shift(&mut net, x, &name);
        x = net.relu(x);
        if layer < 5 {
            x = net.max_pool(x, Window::square(2, 2, 0));
        }
    }
    x = net.linear(x, "hidden.weight", config.hidden);
    x = net.bias(x, "hidden.bias");
    x = net.relu(x);
    x = net.linear(x, "points.weight", OUTPUTS);
    net.bias(x, "points.bias");
    net.finish()
}

/// Returns the configuration with the widths of published weights.
fn import(weights: &PublishedWeights) -> Config {
    let config = Config::default();
    let channels: [usize; 5] = std::array::from_fn(|layer| {
        weights.width(&format!("conv{}.weight", layer + 1), config.channels[layer])
    });
    let positions = weights.inputs("hidden.weight").map(|inputs| inputs / channels[4].max(1));
    Config {
        input_size: positions.map_or(config.input_size, |positions| 16 * positions.isqrt()),
        channels,
        hidden: weights.width("hidden.weight", config.hidden),
    }
}

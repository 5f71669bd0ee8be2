//! A small network that finds five points of a face, and says whether there is one.
//!
//! 3×3 convolutions with ReLU and 2×2 maxima on 64×64 pixels, then two linear layers: regression of points by a
//! cascade's first network, as Y. Sun, X. Wang, X. Tang, "Deep Convolutional Network Cascade for Facial Point
//! Detection", 2013. Differs from the paper in that one network serves every pass: it is shown the face again once it
//! knows roughly where it is. As in [`super::vggface_lite`] batch normalisations are folded when it has learned.

use serde::{Deserialize, Serialize};

use super::BackboneError;
use super::network::{Builder, Network, Window};
use super::vggface_lite::{Shift, biased, normalised};

/// Which network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Side of the input in pixels; a multiple of 16.
    pub input_size: usize,
    /// Channels of the four convolutions before the four halvings, and of the one behind them.
    pub channels: [usize; 5],
    /// Width of the layer before the last.
    pub hidden: usize,
}

/// Values of the output: x and y of each of the five points from −1 at the left and upper edge to 1 at the right and
/// lower one, and the log odds that there is a face.
pub const OUTPUTS: usize = 11;

impl Default for Config {
    fn default() -> Self {
        Self { input_size: 64, channels: [16, 32, 64, 96, 96], hidden: 128 }
    }
}

/// The network: `(batch, 3, 64, 64)` → `(batch, 11)`, see [`OUTPUTS`].
///
/// # Errors
/// When the input is too small for four halvings, or a width is zero.
pub fn network(config: &Config) -> Result<Network, BackboneError> {
    build(config, biased)
}

/// The same with a batch normalisation in the place of each convolution's bias.
///
/// # Errors
/// As [`network`].
pub fn learning_network(config: &Config) -> Result<Network, BackboneError> {
    build(config, normalised)
}

fn build(config: &Config, shift: Shift) -> Result<Network, BackboneError> {
    let mut net = Builder::new("landmarks", config.input_size);
    let mut x = net.input();
    for (layer, channels) in (1..).zip(config.channels) {
        let name = format!("conv{layer}");
        x = net.conv(x, &format!("{name}.weight"), channels, 1, Window::same(3, 3));
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

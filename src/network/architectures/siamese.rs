//! One twin of a Siamese network.
//!
//! Source: G. Koch, R. Zemel, R. Salakhutdinov, "Siamese Neural Networks for One-shot Image
//! Recognition", 2015, figure 4.
//!
//! It has four convolutions with ReLU, and a 2×2 maximum after each of the first three. A linear
//! layer with the logistic function follows. Unlike in the paper, the input is color photos instead
//! of black and white characters. No weights are published. They are named `conv1.weight` …
//! `fc.bias`.

use serde::{Deserialize, Serialize};

use super::description::Description;
use crate::network::error::NetworkError;
use crate::network::graph::{Builder, ConvShape, Network, Window};
use crate::network::preprocessing::Preprocessing;
use crate::network::published_weights::PublishedWeights;

/// Description of the architecture.
pub(super) const DESCRIPTION: Description<Config> =
    Description { name: "siamese", preprocessing: Preprocessing::SIGNED_UNIT, network, import };

/// Configuration of the twin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Side of the input in pixels; 105 in the paper.
    pub input_size: usize,
    /// Channels of the four convolutions; 64, 128, 128, 256 in the paper.
    pub channels: [usize; 4],
    /// Width of the embedding; 4096 in the paper.
    pub embedding: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { input_size: 105, channels: [64, 128, 128, 256], embedding: 4096 }
    }
}

/// Builds the network: `(batch, 3, 105, 105)` → `(batch, 4096)`, values from 0 to 1.
///
/// # Errors
/// [`NetworkError::BadConfig`] if the input is too small for its convolutions, or a width is zero.
pub fn network(config: &Config) -> Result<Network, NetworkError> {
    let mut net = Builder::new("siamese", config.input_size);
    let mut x = net.input();
    for (layer, (channels, side)) in (1..).zip(config.channels.into_iter().zip([10, 7, 4, 4])) {
        let window = Window::square(side, 1, 0);
        x = net.conv(x, &format!("conv{layer}.weight"), ConvShape::dense(channels, window));
        x = net.bias(x, &format!("conv{layer}.bias"));
        x = net.relu(x);
        if layer < 4 {
            x = net.max_pool(x, Window::square(2, 2, 0));
        }
    }
    x = net.linear(x, "fc.weight", config.embedding);
    x = net.bias(x, "fc.bias");
    net.sigmoid(x);
    net.finish()
}

/// Returns the configuration with the widths of published weights.
fn import(weights: &PublishedWeights) -> Config {
    let config = Config::default();
    let channels: [usize; 4] = std::array::from_fn(|layer| {
        weights.width(&format!("conv{}.weight", layer + 1), config.channels[layer])
    });
    let embedding = weights.width("fc.weight", config.embedding);
    let config = Config { channels, embedding, ..config };
    // Several input sizes result in the same number of values; the paper's is the first choice.
    std::iter::once(config.input_size)
        .chain(64..=512)
        .map(|input_size| Config { input_size, ..config.clone() })
        .find(|config| {
            linear_inputs(config).is_some_and(|n| Some(n) == weights.inputs("fc.weight"))
        })
        .unwrap_or(config)
}

/// Returns the number of inputs of the linear layer. Returns `None` if the network is impossible.
fn linear_inputs(config: &Config) -> Option<usize> {
    let network = network(config).ok()?;
    let linear = network.parameters().iter().find(|p| p.name == "fc.weight")?;
    Some(linear.shape[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_network_flattens_9216_values() {
        let network = network(&Config::default()).unwrap();
        let linear = network.parameters().iter().find(|p| p.name == "fc.weight").unwrap();
        assert_eq!(linear.shape, [4096, 9216]);
        assert_eq!((network.input_size(), network.output_width()), (105, 4096));
    }
}

//! VGG16 as trained on VGGFace.
//!
//! Sources:
//! - O. M. Parkhi, A. Vedaldi, A. Zisserman, "Deep Face Recognition", BMVC 2015, table 3.
//! - Network D of K. Simonyan, A. Zisserman, "Very Deep Convolutional Networks for Large-Scale
//!   Image Recognition", 2014.
//!
//! It has thirteen 3×3 convolutions with ReLU in five blocks. Each block ends with a 2×2 maximum.
//! Fully connected layers follow. The classifier (fc8) is left out.
//!
//! Weights are named as in PyTorch's `vgg_face_dag`: `conv1_1.weight` … `fc7.bias`. Convolutions
//! are `(out, in, height, width)`. The inputs of fc6 are in channel, row, column order.

use serde::{Deserialize, Serialize};

use super::description::Description;
use crate::network::error::NetworkError;
use crate::network::graph::{Builder, ConvShape, Network, Window};
use crate::network::preprocessing::{ChannelOrder, Crop, Preprocessing};
use crate::network::published_weights::PublishedWeights;

/// Convolutions per block.
const DEPTHS: [usize; 5] = [2, 2, 3, 3, 3];

/// The means of VGGFace. Photos are scaled to the input's size.
const PREPROCESSING: Preprocessing = Preprocessing {
    channels: ChannelOrder::Rgb,
    mean: [129.186_28, 104.762_38, 93.593_96],
    scale: 1.0,
    mirror: false,
    crop: Crop::Stretch,
};

/// Description of the architecture.
pub(super) const DESCRIPTION: Description<Config> =
    Description { name: "vgg16", preprocessing: PREPROCESSING, network, import };

/// Configuration of VGG16.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Side of the input in pixels; 224 in the paper.
    pub input_size: usize,
    /// Channels of the five blocks; 64, 128, 256, 512, 512 in the paper.
    pub channels: [usize; 5],
    /// Width of fc6 and fc7; 4096 in the paper.
    pub hidden: usize,
    /// Layer that outputs the embedding.
    pub output: Output,
}

/// Layer that outputs VGG16's embedding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Output {
    /// After fc7 and its ReLU: `hidden` values, 4096 in the paper.
    Fc7,
    /// The mean of each channel of the last block: 512 values, without the fully connected layers.
    Pooled,
}

impl Default for Config {
    fn default() -> Self {
        let channels = [64, 128, 256, 512, 512];
        Self { input_size: 224, channels, hidden: 4096, output: Output::Fc7 }
    }
}

/// Builds the network: `(batch, 3, 224, 224)` → `(batch, 4096)` from fc7, or `(batch, 512)` pooled.
///
/// # Errors
/// [`NetworkError::BadConfig`] if the input is too small for five halvings, or a width is zero.
pub fn network(config: &Config) -> Result<Network, NetworkError> {
    let mut net = Builder::new("vgg16", config.input_size);
    let mut x = net.input();
    for (block, (depth, channels)) in (1..).zip(DEPTHS.into_iter().zip(config.channels)) {
        for layer in 1..=depth {
            let name = format!("conv{block}_{layer}");
            x = net.conv(
                x,
                &format!("{name}.weight"),
                ConvShape::dense(channels, Window::same(3, 3)),
            );
            x = net.bias(x, &format!("{name}.bias"));
            x = net.relu(x);
        }
        x = net.max_pool(x, Window::square(2, 2, 0));
    }
    match config.output {
        Output::Pooled => {
            net.global_average_pool(x);
        }
        Output::Fc7 => {
            for name in ["fc6", "fc7"] {
                x = net.linear(x, &format!("{name}.weight"), config.hidden);
                x = net.bias(x, &format!("{name}.bias"));
                x = net.relu(x);
            }
        }
    }
    net.finish()
}

/// Returns the configuration with the widths of published weights.
fn import(weights: &PublishedWeights) -> Config {
    let config = Config::default();
    let channels: [usize; 5] = std::array::from_fn(|block| {
        weights.width(&format!("conv{}_1.weight", block + 1), config.channels[block])
    });
    let Some(inputs) = weights.inputs("fc6.weight") else {
        return Config { channels, output: Output::Pooled, ..config };
    };
    let side = (inputs / channels[4].max(1)).isqrt();
    let hidden = weights.width("fc6.weight", config.hidden);
    Config { input_size: 32 * side, channels, hidden, output: Output::Fc7 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_network_has_the_papers_number_of_weights() {
        let network = network(&Config::default()).unwrap();
        let weights = |prefix: &str| -> usize {
            let matching = network.parameters().iter().filter(|p| p.name.starts_with(prefix));
            matching.map(|p| p.shape.iter().product::<usize>()).sum()
        };
        assert_eq!(weights("conv"), 14_714_688);
        assert_eq!(weights("fc6"), 25_088 * 4096 + 4096);
        assert_eq!((network.input_size(), network.output_width()), (224, 4096));
    }

    #[test]
    fn an_input_too_small_for_five_halvings_is_refused() {
        let error = network(&Config { input_size: 16, ..Config::default() }).unwrap_err();
        assert!(error.to_string().contains("vgg16"), "{error}");
    }
}

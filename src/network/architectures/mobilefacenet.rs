//! MobileFaceNet, in the variant that InsightFace publishes.
//!
//! Source: S. Chen, Y. Liu, X. Gao, Z. Han, "MobileFaceNets: Efficient CNNs for Accurate Real-Time
//! Face Verification on Mobile Devices", 2018, table 1.
//!
//! Differences from the paper:
//! - No projection follows the first depthwise convolution.
//! - Stages have 4, 6 and 2 residual blocks of expansion 2.
//! - The 7×7 global depthwise convolution feeds a linear layer with bias and batch normalization.
//!
//! Weights have the names of the published graph (`conv_1_conv2d_weight` …).

use serde::{Deserialize, Serialize};

use super::description::Description;
use crate::network::error::NetworkError;
use crate::network::graph::{Builder, ConvShape, Network, NodeId, Window};
use crate::network::preprocessing::Preprocessing;
use crate::network::published_weights::PublishedWeights;

/// Description of the architecture.
pub(super) const DESCRIPTION: Description<Config> = Description {
    name: "mobilefacenet",
    preprocessing: Preprocessing::SIGNED_UNIT,
    network,
    import,
};

/// Configuration of MobileFaceNet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Channels of the first convolution; 64 as published. All other widths follow.
    pub channels: usize,
    /// Width of the embedding; 128 as published.
    pub embedding: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { channels: 64, embedding: 128 }
    }
}

const POINT: Window = Window::square(1, 1, 0);

/// Builds the network: `(batch, 3, 112, 112)` → `(batch, 128)`.
///
/// # Errors
/// [`NetworkError::BadConfig`] if a width is zero.
pub fn network(config: &Config) -> Result<Network, NetworkError> {
    let c = config.channels;
    let mut net = Builder::new("mobilefacenet", 112);
    let mut x = net.input();
    x = conv_norm_prelu(&mut net, x, "conv_1", ConvShape::dense(c, Window::square(3, 2, 1)));
    x = conv_norm_prelu(&mut net, x, "conv_2_dw", ConvShape::depthwise(c, Window::square(3, 1, 1)));
    // Per stage: name of its halving block, inner channels of that, output channels, name and
    // number of residual blocks.
    let stages = [
        ("dconv_23", 2 * c, c, "res_3", 4),
        ("dconv_34", 4 * c, 2 * c, "res_4", 6),
        ("dconv_45", 8 * c, 2 * c, "res_5", 2),
    ];
    for (halving, expanded, out, residual, blocks) in stages {
        x = bottleneck(&mut net, x, halving, Bottleneck { expanded, out, stride: 2 });
        for block in 0..blocks {
            let name = format!("{residual}_block{block}");
            let shape = Bottleneck { expanded: 2 * out, out, stride: 1 };
            let y = bottleneck(&mut net, x, &name, shape);
            x = net.add(y, x);
        }
    }
    x = conv_norm_prelu(&mut net, x, "conv_6sep", ConvShape::dense(8 * c, POINT));
    let global = ConvShape::depthwise(8 * c, Window::square(7, 1, 0));
    x = conv_norm(&mut net, x, "conv_6dw7_7", global);
    x = net.linear(x, "fc1_weight", config.embedding);
    x = net.bias(x, "pre_fc1_bias");
    net.batch_norm(x, norm_names("fc1"), 2e-5);
    net.finish()
}

/// Channels and stride of a bottleneck.
#[derive(Clone, Copy)]
struct Bottleneck {
    /// Channels after the expansion.
    expanded: usize,
    /// Channels of the output.
    out: usize,
    /// Stride of the depthwise convolution.
    stride: usize,
}

/// Appends an expansion, a 3×3 depthwise convolution, and a projection.
fn bottleneck(net: &mut Builder, x: NodeId, name: &str, shape: Bottleneck) -> NodeId {
    let Bottleneck { expanded, out, stride } = shape;
    let depthwise = ConvShape::depthwise(expanded, Window::square(3, stride, 1));
    let expansion = ConvShape::dense(expanded, POINT);
    let x = conv_norm_prelu(net, x, &format!("{name}_conv_sep"), expansion);
    let x = conv_norm_prelu(net, x, &format!("{name}_conv_dw"), depthwise);
    conv_norm(net, x, &format!("{name}_conv_proj"), ConvShape::dense(out, POINT))
}

fn conv_norm_prelu(net: &mut Builder, x: NodeId, name: &str, shape: ConvShape) -> NodeId {
    let x = conv_norm(net, x, name, shape);
    net.prelu(x, &format!("{name}_relu_gamma"))
}

fn conv_norm(net: &mut Builder, x: NodeId, name: &str, shape: ConvShape) -> NodeId {
    let x = net.conv(x, &format!("{name}_conv2d_weight"), shape);
    net.batch_norm(x, norm_names(&format!("{name}_batchnorm")), 1e-3)
}

fn norm_names(name: &str) -> [String; 4] {
    ["gamma", "beta", "moving_mean", "moving_var"].map(|part| format!("{name}_{part}"))
}

/// Returns the configuration with the widths of published weights.
fn import(weights: &PublishedWeights) -> Config {
    let config = Config::default();
    Config {
        channels: weights.width("conv_1_conv2d_weight", config.channels),
        embedding: weights.width("fc1_weight", config.embedding),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_network_is_as_large_as_published() {
        let network = network(&Config::default()).unwrap();
        let weights: usize =
            network.parameters().iter().map(|p| p.shape.iter().product::<usize>()).sum();
        assert_eq!((network.parameters().len(), weights), (284, 1_022_848));
        assert_eq!((network.input_size(), network.output_width()), (112, 128));
    }
}

//! Inception-ResNet-v1, as used by FaceNet's successors.
//!
//! Sources:
//! - C. Szegedy, S. Ioffe, V. Vanhoucke, A. Alemi, "Inception-v4, Inception-ResNet and the Impact
//!   of Residual Connections on Learning", 2016, figures 9 to 14.
//! - F. Schroff, D. Kalenichenko, J. Philbin, "FaceNet: A Unified Embedding for Face Recognition
//!   and Clustering", 2015.
//!
//! Layers and weight names are those of facenet-pytorch (`conv2d_1a.conv.weight` …
//! `last_bn.running_var`). The last block has neither a scale nor a ReLU. The embedding is a linear
//! layer with batch normalization after the mean. The classifier is left out.

use serde::{Deserialize, Serialize};

use super::description::Description;
use crate::network::error::NetworkError;
use crate::network::graph::{Builder, ConvShape, Network, NodeId, Window};
use crate::network::preprocessing::Preprocessing;
use crate::network::published_weights::PublishedWeights;

const EPSILON: f64 = 1e-3;
const POINT: Window = Window::square(1, 1, 0);
const HALVING: Window = Window::square(3, 2, 0);

/// Description of the architecture.
pub(super) const DESCRIPTION: Description<Config> = Description {
    name: "inception_resnet_v1",
    preprocessing: Preprocessing::SIGNED_UNIT,
    network,
    import,
};

/// Configuration of Inception-ResNet-v1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Side of the input in pixels; 160 as published.
    pub input_size: usize,
    /// Channels of the first convolution, an even number; 32 as published. All other widths follow.
    pub channels: usize,
    /// Width of the embedding; 512 as published.
    pub embedding: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { input_size: 160, channels: 32, embedding: 512 }
    }
}

/// A branch of a block: name suffix, channels and window of each of its convolutions.
type Branch<'a> = &'a [(&'a str, usize, Window)];

/// Builds the network: `(batch, 3, 160, 160)` → `(batch, 512)`.
///
/// # Errors
/// [`NetworkError::BadConfig`] if the input is too small for its halvings, or a width is zero.
pub fn network(config: &Config) -> Result<Network, NetworkError> {
    let c = config.channels;
    let mut layers = Layers { net: Builder::new("inception_resnet_v1", config.input_size) };
    let x = layers.net.input();
    let mut x = layers.stem(x, c);
    let same = Window::same(3, 3);
    for block in 0..5 {
        let branches: [Branch<'_>; 3] = [
            &[("branch0", c, POINT)],
            &[("branch1.0", c, POINT), ("branch1.1", c, same)],
            &[("branch2.0", c, POINT), ("branch2.1", c, same), ("branch2.2", c, same)],
        ];
        x = layers.residual(x, &format!("repeat_1.{block}"), &branches, 0.17);
    }
    let six = [
        &[("branch0", 12 * c, HALVING)][..],
        &[("branch1.0", 6 * c, POINT), ("branch1.1", 6 * c, same), ("branch1.2", 8 * c, HALVING)],
    ];
    x = layers.halve(x, "mixed_6a", &six);
    for block in 0..10 {
        let shape =
            Factorization { width: 4 * c, row: Window::same(1, 7), column: Window::same(7, 1) };
        x = layers.residual_pair(x, &format!("repeat_2.{block}"), shape, 0.10);
    }
    let seven: [Branch<'_>; 3] = [
        &[("branch0.0", 8 * c, POINT), ("branch0.1", 12 * c, HALVING)],
        &[("branch1.0", 8 * c, POINT), ("branch1.1", 8 * c, HALVING)],
        &[("branch2.0", 8 * c, POINT), ("branch2.1", 8 * c, same), ("branch2.2", 8 * c, HALVING)],
    ];
    x = layers.halve(x, "mixed_7a", &seven);
    let shape = Factorization { width: 6 * c, row: Window::same(1, 3), column: Window::same(3, 1) };
    for block in 0..5 {
        x = layers.residual_pair(x, &format!("repeat_3.{block}"), shape, 0.20);
    }
    let sum = layers.pair_sum(x, "block8", shape, 1.0);
    layers.embedding(sum, config.embedding)
}

/// A convolution as a row and a column of one width, next to a 1×1 convolution of that width.
#[derive(Clone, Copy)]
struct Factorization {
    width: usize,
    row: Window,
    column: Window,
}

struct Layers {
    net: Builder,
}

impl Layers {
    fn stem(&mut self, x: NodeId, c: usize) -> NodeId {
        let x = self.conv(x, "conv2d_1a", c, HALVING);
        let x = self.conv(x, "conv2d_2a", c, Window::square(3, 1, 0));
        let x = self.conv(x, "conv2d_2b", 2 * c, Window::same(3, 3));
        let x = self.net.max_pool(x, HALVING);
        let x = self.conv(x, "conv2d_3b", 5 * c / 2, POINT);
        let x = self.conv(x, "conv2d_4a", 6 * c, Window::square(3, 1, 0));
        self.conv(x, "conv2d_4b", 8 * c, HALVING)
    }

    /// Appends a residual block of any branches, with ReLU.
    fn residual(&mut self, x: NodeId, name: &str, branches: &[Branch<'_>], scale: f32) -> NodeId {
        let sum = self.sum(x, name, branches, scale);
        self.net.relu(sum)
    }

    /// Appends a residual block with ReLU: a 1×1 convolution next to a row and a column.
    fn residual_pair(&mut self, x: NodeId, name: &str, shape: Factorization, scale: f32) -> NodeId {
        let sum = self.pair_sum(x, name, shape, scale);
        self.net.relu(sum)
    }

    fn pair_sum(&mut self, x: NodeId, name: &str, shape: Factorization, scale: f32) -> NodeId {
        let Factorization { width, row, column } = shape;
        let branches: [Branch<'_>; 2] = [
            &[("branch0", width, POINT)],
            &[("branch1.0", width, POINT), ("branch1.1", width, row), ("branch1.2", width, column)],
        ];
        self.sum(x, name, &branches, scale)
    }

    /// Appends the sum of the input and its scaled residual, before the ReLU.
    fn sum(&mut self, x: NodeId, name: &str, branches: &[Branch<'_>], scale: f32) -> NodeId {
        let channels = self.net.shape(x)[0];
        let parts = self.branches(x, name, branches);
        let y = self.net.concat(&parts);
        let y =
            self.net.conv(y, &format!("{name}.conv2d.weight"), ConvShape::dense(channels, POINT));
        let y = self.net.bias(y, &format!("{name}.conv2d.bias"));
        let y = self.net.scale(y, scale);
        self.net.add(y, x)
    }

    /// Appends a block that halves the map, with a maximum as its last branch.
    fn halve(&mut self, x: NodeId, name: &str, branches: &[Branch<'_>]) -> NodeId {
        let mut parts = self.branches(x, name, branches);
        parts.push(self.net.max_pool(x, HALVING));
        self.net.concat(&parts)
    }

    fn branches(&mut self, x: NodeId, name: &str, branches: &[Branch<'_>]) -> Vec<NodeId> {
        let mut parts = Vec::new();
        for branch in branches {
            let mut y = x;
            for &(end, width, window) in *branch {
                y = self.conv(y, &format!("{name}.{end}"), width, window);
            }
            parts.push(y);
        }
        parts
    }

    /// Appends a convolution without bias, batch normalization and ReLU.
    fn conv(&mut self, x: NodeId, name: &str, out: usize, window: Window) -> NodeId {
        let x = self.net.conv(x, &format!("{name}.conv.weight"), ConvShape::dense(out, window));
        let x = self.norm(x, &format!("{name}.bn"));
        self.net.relu(x)
    }

    fn norm(&mut self, x: NodeId, name: &str) -> NodeId {
        let names = ["weight", "bias", "running_mean", "running_var"];
        self.net.batch_norm(x, names.map(|part| format!("{name}.{part}")), EPSILON)
    }

    fn embedding(mut self, x: NodeId, width: usize) -> Result<Network, NetworkError> {
        let x = self.net.global_average_pool(x);
        let x = self.net.linear(x, "last_linear.weight", width);
        self.norm(x, "last_bn");
        self.net.finish()
    }
}

/// Returns the configuration with the widths of published weights.
fn import(weights: &PublishedWeights) -> Config {
    let config = Config::default();
    Config {
        channels: weights.width("conv2d_1a.conv.weight", config.channels),
        embedding: weights.width("last_linear.weight", config.embedding),
        ..config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_network_is_as_large_as_published() {
        let network = network(&Config::default()).unwrap();
        assert_eq!((network.input_size(), network.output_width()), (160, 512));
        let weights: usize =
            network.parameters().iter().map(|p| p.shape.iter().product::<usize>()).sum();
        assert_eq!(weights, 23_512_224);
    }
}

//! Memory layout of a layer's values.

use crate::network::graph::{Network, Window};

/// Number of channels in a block. The last block is filled with zeros, so that kernels work on full
/// vectors.
pub(super) const CHANNEL_BLOCK: usize = 16;

/// The shape of a feature map of one image, channels last. Value `(y, x, c)` is at `(y · width + x)
/// · stride + c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Map {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    /// Distance from one pixel to the next, in values.
    pub(super) stride: usize,
}

/// Shapes of a layer's input and output, and the window that slides over the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Geometry {
    pub(super) input: Map,
    pub(super) output: Map,
    pub(super) window: Window,
}

impl Map {
    /// Returns a map with its channels padded to full blocks.
    pub(super) fn blocked([channels, height, width]: [usize; 3]) -> Self {
        Self { height, width, channels, stride: channels.next_multiple_of(CHANNEL_BLOCK) }
    }

    /// Returns the map of a network's input pixels, with contiguous channels.
    pub(super) fn input([channels, height, width]: [usize; 3]) -> Self {
        Self { height, width, channels, stride: channels }
    }

    pub(super) fn pixels(&self) -> usize {
        self.height * self.width
    }

    /// Returns the number of values, padding included.
    pub(super) fn len(&self) -> usize {
        self.pixels() * self.stride
    }
}

/// Returns the stored shape of a node's result.
pub(super) fn node_map(network: &Network, node: usize) -> Map {
    let shape = network.nodes()[node].shape;
    if node == 0 { Map::input(shape) } else { Map::blocked(shape) }
}

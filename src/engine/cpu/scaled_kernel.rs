//! Weights of a convolution with a factor per output channel.

use crate::network::graph::Window;

/// Weights of a convolution, with each output channel multiplied by its factor.
#[derive(Clone, Copy)]
pub(super) struct ScaledKernel<'a> {
    /// `[out, channels, height, width]`
    weight: &'a [f32],
    /// `[out]`
    scale: &'a [f32],
    channels: usize,
    size: [usize; 2],
}

impl<'a> ScaledKernel<'a> {
    /// Creates the kernel of a window on maps of `channels` channels.
    pub(super) fn new(
        weight: &'a [f32],
        scale: &'a [f32],
        channels: usize,
        window: Window,
    ) -> Self {
        Self { weight, scale, channels, size: window.kernel }
    }

    /// Returns the weight of an input channel at row `y` and column `x` for an output channel.
    pub(super) fn value(&self, y: usize, x: usize, channel: usize, out: usize) -> f32 {
        let [height, width] = self.size;
        let i = ((out * self.channels + channel) * height + y) * width + x;
        self.weight[i] * self.scale[out]
    }
}

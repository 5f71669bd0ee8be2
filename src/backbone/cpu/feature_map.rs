//! Where a layer's values lie.

/// Channels are stored in blocks of this many, the last one filled with zeros, so that kernels work on whole vectors.
pub(super) const CHANNEL_BLOCK: usize = 16;

/// The shape of a feature map of one image, channels last: value `(y, x, c)` is at `(y · width + x) · stride + c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Map {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    /// Values from one pixel to the next.
    pub(super) stride: usize,
}

impl Map {
    /// A map whose channels are filled up to whole blocks.
    pub(super) fn blocked([channels, height, width]: [usize; 3]) -> Self {
        Self { height, width, channels, stride: channels.next_multiple_of(CHANNEL_BLOCK) }
    }

    /// The pixels a network is given: their channels lie side by side.
    pub(super) fn input([channels, height, width]: [usize; 3]) -> Self {
        Self { height, width, channels, stride: channels }
    }

    pub(super) fn pixels(&self) -> usize {
        self.height * self.width
    }

    /// Number of values, filling included.
    pub(super) fn len(&self) -> usize {
        self.pixels() * self.stride
    }
}

//! What all layers that learn have in common.

/// The size of a map: what a layer reads or makes, per image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) channels: usize,
    pub(super) height: usize,
    pub(super) width: usize,
}

impl Shape {
    pub(super) fn new([channels, height, width]: [usize; 3]) -> Self {
        Self { channels, height, width }
    }

    /// Values of a channel of one image.
    pub(super) fn plane(self) -> usize {
        self.height * self.width
    }

    pub(super) fn len(self) -> usize {
        self.channels * self.plane()
    }
}

/// Learned values, or their gradients, by the network's parameter.
pub(super) type Values = [Vec<f32>];

/// What a layer did to a shard, and the gradient of what it made.
pub(super) struct Trace<'a> {
    pub(super) images: usize,
    pub(super) input: &'a [f32],
    pub(super) output: &'a [f32],
    /// What [`Layer::forward`] noted down.
    pub(super) notes: &'a [f32],
    /// The gradient of the loss with respect to `output`.
    pub(super) gradient: &'a [f32],
}

/// One step of a chain. Maps are `(channels, n, height, width)`.
pub(super) trait Layer: Send + Sync {
    fn output(&self) -> Shape;

    /// Fills `output` from `input`, which is of a number of images; `notes` is the layer's own, for [`Self::backward`].
    fn forward(
        &self,
        weights: &Values,
        input: (usize, &[f32]),
        output: &mut [f32],
        notes: &mut Vec<f32>,
    );

    /// Adds to the gradients of the layer's weights, and fills `input_gradient` unless that is empty, as it is where
    /// nobody asks. The gradient of a statistic is what it was in this shard.
    fn backward(
        &self,
        weights: &Values,
        trace: &Trace<'_>,
        input_gradient: &mut [f32],
        gradients: &mut Values,
    );
}

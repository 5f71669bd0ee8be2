//! Common parts of all layers in training.

/// Shape of a map per image: the input or output of a layer.
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

    /// Returns the number of values of a channel of one image.
    pub(super) fn plane(self) -> usize {
        self.height * self.width
    }

    pub(super) fn len(self) -> usize {
        self.channels * self.plane()
    }
}

/// Trained values or their gradients, by the network's parameter.
pub(super) type Values = [Vec<f32>];

/// Values of a layer's forward pass over a shard, and the gradient of its output.
pub(super) struct Trace<'a> {
    pub(super) images: usize,
    pub(super) input: &'a [f32],
    pub(super) output: &'a [f32],
    /// Notes from [`DifferentiableLayer::forward`].
    pub(super) notes: &'a [f32],
    /// The gradient of the loss with respect to `output`.
    pub(super) gradient: &'a [f32],
}

/// Maps of several images, `(channels, n, height, width)`.
#[derive(Clone, Copy)]
pub(super) struct MapBatch<'a> {
    pub(super) images: usize,
    pub(super) values: &'a [f32],
}

/// One step of a chain. Maps are `(channels, n, height, width)`.
pub(super) trait DifferentiableLayer: Send + Sync {
    fn output(&self) -> Shape;

    /// Computes `output` from `input`.
    ///
    /// `notes` are the layer's own, for [`Self::backward`].
    fn forward(
        &self,
        weights: &Values,
        input: MapBatch<'_>,
        output: &mut [f32],
        notes: &mut Vec<f32>,
    );

    /// Adds to the gradients of the layer's weights, and computes `input_gradient` unless it is
    /// empty.
    ///
    /// It is empty if that gradient is not needed. The gradient of a statistic is its value in this
    /// shard.
    fn backward(
        &self,
        weights: &Values,
        trace: &Trace<'_>,
        input_gradient: &mut [f32],
        gradients: &mut Values,
    );
}

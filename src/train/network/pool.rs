//! Layers that reduce the size of maps.

use super::layer::{DifferentiableLayer, MapBatch, Shape, Trace, Values};

/// The maximum of each 2×2 values.
pub(super) struct MaxPool {
    pub(super) input: Shape,
    pub(super) output: Shape,
}

impl MaxPool {
    /// Calls `each` with the four input indices and the output index of every window.
    fn windows(&self, images: usize, mut each: impl FnMut([usize; 4], usize)) {
        let width = self.input.width;
        let plane = self.input.plane();
        let mut to = 0;
        for map in 0..self.input.channels * images {
            for y in 0..self.output.height {
                let row = map * plane + 2 * y * width;
                for x in 0..self.output.width {
                    let i = row + 2 * x;
                    each([i, i + 1, i + width, i + width + 1], to);
                    to += 1;
                }
            }
        }
    }
}

impl DifferentiableLayer for MaxPool {
    fn output(&self) -> Shape {
        self.output
    }

    fn forward(&self, _: &Values, input: MapBatch<'_>, output: &mut [f32], _: &mut Vec<f32>) {
        let MapBatch { images, values: input } = input;
        self.windows(images, |[a, b, c, d], to| {
            output[to] = input[a].max(input[b]).max(input[c].max(input[d]));
        });
    }

    fn backward(&self, _: &Values, trace: &Trace<'_>, input_gradient: &mut [f32], _: &mut Values) {
        if input_gradient.is_empty() {
            return;
        }
        input_gradient.fill(0.0);
        self.windows(trace.images, |window, to| {
            let largest = trace.output[to];
            // The first of equal values, as in candle and PyTorch.
            if let Some(&i) = window.iter().find(|&&i| trace.input[i] == largest) {
                input_gradient[i] = trace.gradient[to];
            }
        });
    }
}

/// The weighted sum of a channel, with its own weights per position: a depthwise convolution as
/// large as the map.
pub(super) struct WeightedPool {
    pub(super) input: Shape,
    /// Index of the parameter, `(channels, 1, height, width)`.
    pub(super) weight: usize,
}

impl DifferentiableLayer for WeightedPool {
    fn output(&self) -> Shape {
        Shape { channels: self.input.channels, height: 1, width: 1 }
    }

    fn forward(&self, weights: &Values, input: MapBatch<'_>, output: &mut [f32], _: &mut Vec<f32>) {
        let plane = self.input.plane();
        for (map, (values, sum)) in input.values.chunks_exact(plane).zip(output).enumerate() {
            let weights = &weights[self.weight][map / input.images * plane..][..plane];
            *sum = values.iter().zip(weights).map(|(value, weight)| value * weight).sum();
        }
    }

    fn backward(
        &self,
        weights: &Values,
        trace: &Trace<'_>,
        input_gradient: &mut [f32],
        gradients: &mut Values,
    ) {
        let plane = self.input.plane();
        for (map, values) in trace.input.chunks_exact(plane).enumerate() {
            let range = map / trace.images * plane..(map / trace.images + 1) * plane;
            let gradient = trace.gradient[map];
            let sums = &mut gradients[self.weight][range.clone()];
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += gradient * value);
            if !input_gradient.is_empty() {
                let to = &mut input_gradient[map * plane..][..plane];
                let weights = &weights[self.weight][range];
                to.iter_mut().zip(weights).for_each(|(to, weight)| *to = gradient * weight);
            }
        }
    }
}

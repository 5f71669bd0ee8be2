//! A shard: some images of a batch on their forward and backward pass through a chain.

use super::chain::Chain;
use super::layer::{MapBatch, Trace, Values};

/// Gradients of the loss with respect to results of layers.
///
/// They are pairs of a layer's index and its gradient, in the order of the layers.
pub(super) type Seeds = Vec<(usize, Vec<f32>)>;

/// Memory of a thread for training on some images. It is reused for the next batch.
#[derive(Default)]
pub(super) struct Shard {
    pub(super) images: usize,
    input: Vec<f32>,
    /// Result and notes per layer.
    pub(super) outputs: Vec<Vec<f32>>,
    notes: Vec<Vec<f32>>,
    /// The gradients of two consecutive results.
    passed: [Vec<f32>; 2],
    /// Gradients per parameter of the network.
    pub(super) gradients: Vec<Vec<f32>>,
}

impl Shard {
    /// Runs the chain on images of preprocessed pixels, `(n, height, width, 3)`.
    pub(super) fn forward(&mut self, chain: &Chain, weights: &Values, pixels: &[f32]) {
        self.images = pixels.len() / chain.input.len();
        self.take(chain, pixels);
        self.outputs.resize_with(chain.layers.len(), Vec::new);
        self.notes.resize_with(chain.layers.len(), Vec::new);
        for (i, layer) in chain.layers.iter().enumerate() {
            let (before, after) = self.outputs.split_at_mut(i);
            let input = before.last().unwrap_or(&self.input);
            let output = &mut after[0];
            output.resize(self.images * layer.output().len(), 0.0);
            let input = MapBatch { images: self.images, values: input };
            layer.forward(weights, input, output, &mut self.notes[i]);
        }
    }

    /// Converts pixels with channels last to a map.
    fn take(&mut self, chain: &Chain, pixels: &[f32]) {
        let plane = chain.input.plane();
        let channels = chain.input.channels;
        self.input.resize(pixels.len(), 0.0);
        for (channel, values) in self.input.chunks_exact_mut(self.images * plane).enumerate() {
            let from = pixels[channel..].iter().step_by(channels);
            values.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        }
    }

    /// Returns the result of a layer, `(channels, n, height, width)`.
    pub(super) fn output(&self, layer: usize) -> &[f32] {
        &self.outputs[layer]
    }

    /// Computes the gradients of all weights.
    ///
    /// `seeds` are the gradients of the loss with respect to results of layers, in the order of the
    /// layers. They include the last layer.
    pub(super) fn backward(&mut self, chain: &Chain, weights: &Values, mut seeds: Seeds) {
        self.gradients.resize_with(weights.len(), Vec::new);
        for (gradient, weight) in self.gradients.iter_mut().zip(weights) {
            gradient.clear();
            gradient.resize(weight.len(), 0.0);
        }
        let [mut gradient, mut next] = std::mem::take(&mut self.passed);
        gradient.clear();
        for (i, layer) in chain.layers.iter().enumerate().rev() {
            if let Some((_, seed)) = seeds.pop_if(|(layer, _)| *layer == i) {
                if gradient.is_empty() {
                    gradient.extend_from_slice(&seed);
                } else {
                    gradient.iter_mut().zip(&seed).for_each(|(sum, value)| *sum += value);
                }
            }
            let input = if i == 0 { &self.input } else { &self.outputs[i - 1] };
            // The gradient of the pixels is not needed.
            next.resize(if i == 0 { 0 } else { input.len() }, 0.0);
            let output = &self.outputs[i];
            let notes = &self.notes[i];
            let trace = Trace { images: self.images, input, output, notes, gradient: &gradient };
            layer.backward(weights, &trace, &mut next, &mut self.gradients);
            std::mem::swap(&mut gradient, &mut next);
        }
        self.passed = [gradient, next];
    }
}

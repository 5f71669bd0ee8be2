//! Some images of a batch on their way through a chain and back.

use super::chain::Chain;
use super::layer::{Trace, Values};

/// Gradients of the loss with respect to results of layers, in the order of the layers.
pub(super) type Seeds = Vec<(usize, Vec<f32>)>;

/// What a thread needs to learn from some images; its memory is used again for the next batch.
#[derive(Default)]
pub(super) struct Shard {
    pub(super) images: usize,
    input: Vec<f32>,
    /// Per layer its result and its notes.
    pub(super) outputs: Vec<Vec<f32>>,
    notes: Vec<Vec<f32>>,
    /// The gradients of two results that follow each other.
    passed: [Vec<f32>; 2],
    /// Per parameter of the network.
    pub(super) gradients: Vec<Vec<f32>>,
}

impl Shard {
    /// Runs the chain on images of preprocessed pixels, `(n, height, width, 3)`.
    pub(super) fn forward(&mut self, chain: &Chain, weights: &Values, pixels: &[f32]) {
        self.images = pixels.len() / chain.input.len();
        self.take(chain, pixels);
        self.outputs.resize_with(chain.layers.len(), Vec::new);
        self.notes.resize_with(chain.layers.len(), Vec::new);
        for (at, layer) in chain.layers.iter().enumerate() {
            let (before, after) = self.outputs.split_at_mut(at);
            let input = before.last().unwrap_or(&self.input);
            let output = &mut after[0];
            output.resize(self.images * layer.output().len(), 0.0);
            layer.forward(weights, (self.images, input), output, &mut self.notes[at]);
        }
    }

    /// Pixels with their channels last become a map.
    fn take(&mut self, chain: &Chain, pixels: &[f32]) {
        let (plane, channels) = (chain.input.plane(), chain.input.channels);
        self.input.resize(pixels.len(), 0.0);
        for (channel, values) in self.input.chunks_exact_mut(self.images * plane).enumerate() {
            let from = pixels[channel..].iter().step_by(channels);
            values.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        }
    }

    /// What a layer made, `(channels, n, height, width)`.
    pub(super) fn output(&self, layer: usize) -> &[f32] {
        &self.outputs[layer]
    }

    /// Fills the gradients of all weights. `seeds` are the gradients of the loss with respect to results of layers, the
    /// last layer's among them, in the order of the layers.
    pub(super) fn backward(&mut self, chain: &Chain, weights: &Values, mut seeds: Seeds) {
        self.gradients.resize_with(weights.len(), Vec::new);
        for (gradient, weight) in self.gradients.iter_mut().zip(weights) {
            gradient.clear();
            gradient.resize(weight.len(), 0.0);
        }
        let [mut gradient, mut next] = std::mem::take(&mut self.passed);
        gradient.clear();
        for (at, layer) in chain.layers.iter().enumerate().rev() {
            if let Some((_, seed)) = seeds.pop_if(|(layer, _)| *layer == at) {
                if gradient.is_empty() {
                    gradient.extend_from_slice(&seed);
                } else {
                    gradient.iter_mut().zip(&seed).for_each(|(sum, value)| *sum += value);
                }
            }
            let input = if at == 0 { &self.input } else { &self.outputs[at - 1] };
            // Nobody asks for the gradient of the pixels.
            next.resize(if at == 0 { 0 } else { input.len() }, 0.0);
            let (output, notes) = (&self.outputs[at], &self.notes[at]);
            let trace = Trace { images: self.images, input, output, notes, gradient: &gradient };
            layer.backward(weights, &trace, &mut next, &mut self.gradients);
            std::mem::swap(&mut gradient, &mut next);
        }
        self.passed = [gradient, next];
    }
}

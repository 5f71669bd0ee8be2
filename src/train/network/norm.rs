//! Batch normalization with its ReLU.

use super::layer::{DifferentiableLayer, MapBatch, Shape, Trace, Values};
use crate::network::graph::BatchNorm;

/// Batch normalization by the statistics of a shard: S. Ioffe, C. Szegedy, "Batch Normalization",
/// 2015, algorithm 1.
pub(super) struct Norm {
    pub(super) shape: Shape,
    pub(super) parameters: BatchNorm,
    /// Whether a ReLU follows, which is then computed here. This saves one pass through memory.
    pub(super) rectified: bool,
}

/// Number of parallel sums, so that they form vectors.
const LANES: usize = 16;

impl DifferentiableLayer for Norm {
    fn output(&self) -> Shape {
        self.shape
    }

    /// Stores mean and 1 / standard deviation of every channel in the notes.
    fn forward(
        &self,
        weights: &Values,
        input: MapBatch<'_>,
        output: &mut [f32],
        notes: &mut Vec<f32>,
    ) {
        notes.clear();
        let count = input.images * self.shape.plane();
        let (gammas, betas) = self.scales(weights);
        let channels = input.values.chunks_exact(count).zip(output.chunks_exact_mut(count));
        for ((from, to), (gamma, beta)) in channels.zip(gammas.iter().zip(betas)) {
            let (mean, variance) = moments(from);
            let rate = 1.0 / (variance + self.parameters.epsilon as f32).sqrt();
            let scale = gamma * rate;
            let shift = beta - gamma * rate * mean;
            let floor = if self.rectified { 0.0 } else { f32::NEG_INFINITY };
            to.iter_mut().zip(from).for_each(|(to, x)| *to = (x * scale + shift).max(floor));
            notes.extend([mean, rate]);
        }
    }

    /// With x̂ the normalized input: dx = γ / σ · (dy − mean(dy) − x̂ mean(dy x̂)).
    fn backward(
        &self,
        weights: &Values,
        trace: &Trace<'_>,
        input_gradient: &mut [f32],
        gradients: &mut Values,
    ) {
        let count = trace.images * self.shape.plane();
        let parameters = &self.parameters;
        let gammas = &weights[parameters.gamma.index()];
        for (channel, gamma) in gammas.iter().enumerate() {
            let range = channel * count..(channel + 1) * count;
            let x = &trace.input[range.clone()];
            let y = &trace.output[range.clone()];
            let [mean, rate] = [trace.notes[2 * channel], trace.notes[2 * channel + 1]];
            // A rectified value has no gradient where it is 0.
            let floor = if self.rectified { 0.0 } else { f32::NEG_INFINITY };
            let values = RectifiedChannel { x, y, dy: &trace.gradient[range.clone()], floor, mean };
            let (sum, product) = values.sums();
            gradients[parameters.beta.index()][channel] += sum;
            gradients[parameters.gamma.index()][channel] += product * rate;
            gradients[parameters.mean.index()][channel] += mean;
            let variance = 1.0 / (rate * rate) - parameters.epsilon as f32;
            gradients[parameters.variance.index()][channel] += variance;
            if !input_gradient.is_empty() {
                let mean_dy = sum / count as f32;
                let slope = rate * rate * product / count as f32;
                values.fill(&mut input_gradient[range], gamma * rate, mean_dy, slope);
            }
        }
    }
}

impl Norm {
    fn scales<'w>(&self, weights: &'w Values) -> (&'w [f32], &'w [f32]) {
        let BatchNorm { gamma, beta, .. } = &self.parameters;
        (&weights[gamma.index()], &weights[beta.index()])
    }
}

/// Returns mean and variance.
fn moments(values: &[f32]) -> (f32, f32) {
    let count = values.len() as f32;
    let mean = lane_sum(values, |x| x) / count;
    (mean, lane_sum(values, |x| (x - mean) * (x - mean)) / count)
}

/// Returns the sum of `term` over the values, in [`LANES`] partial sums.
fn lane_sum(values: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.0; LANES];
    let (lines, rest) = values.as_chunks::<LANES>();
    for line in lines {
        sums.iter_mut().zip(line).for_each(|(sum, &value)| *sum += term(value));
    }
    rest.iter().fold(sums.iter().sum(), |sum, &value| sum + term(value))
}

/// A channel's values with the gradient through the ReLU.
struct RectifiedChannel<'a> {
    x: &'a [f32],
    y: &'a [f32],
    dy: &'a [f32],
    floor: f32,
    mean: f32,
}

impl RectifiedChannel<'_> {
    fn through(&self, y: f32, dy: f32) -> f32 {
        if y > self.floor { dy } else { 0.0 }
    }

    /// Returns Σ dy and Σ dy (x − mean).
    fn sums(&self) -> (f32, f32) {
        let mut sums = [0.0; LANES];
        let mut products = [0.0; LANES];
        let lines = self.x.chunks(LANES).zip(self.y.chunks(LANES)).zip(self.dy.chunks(LANES));
        for ((x, y), dy) in lines {
            let lanes = sums.iter_mut().zip(&mut products).zip(x.iter().zip(y).zip(dy));
            for ((sum, product), ((x, &y), &dy)) in lanes {
                let dy = self.through(y, dy);
                *sum += dy;
                *product += dy * (x - self.mean);
            }
        }
        (sums.iter().sum(), products.iter().sum())
    }

    /// Computes dx = scale · (dy − mean of dy − slope · (x − mean))
    fn fill(&self, dx: &mut [f32], scale: f32, mean_dy: f32, slope: f32) {
        for (((dx, x), &y), &dy) in dx.iter_mut().zip(self.x).zip(self.y).zip(self.dy) {
            *dx = scale * (self.through(y, dy) - mean_dy - slope * (x - self.mean));
        }
    }
}

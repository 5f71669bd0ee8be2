//! Inner maps of a student that are trained on those of its teacher.

use rayon::prelude::*;

use super::adamw::{Adam, Role, StepRates};
use super::chain::Chain;
use super::checkpoint::Learned;
use super::shard::{Seeds, Shard};
use super::student::{SHARD, normal};
use crate::linalg::matrix::{Matrix, MatrixMut};
use crate::network::graph::{Network, NodeId};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Sides of the maps that are compared. Larger maps carry little information on a face, and cost much.
const SIDES: std::ops::RangeInclusive<usize> = 2..=28;

/// All pairs of maps. A linear layer maps the student's channels to the teacher's.
pub(super) struct Hints {
    hints: Vec<Hint>,
    /// Weights per hint, `(teacher's channels, student's channels)`.
    values: Vec<Vec<f32>>,
    gradients: Vec<Vec<f32>>,
    optimiser: Adam,
}

/// A map of the student and a map of the teacher of the same size.
pub(super) struct Hint {
    /// Index of the student's layer.
    layer: usize,
    plane: usize,
    /// Channels of the teacher's map and of the student's.
    channels: [usize; 2],
}

/// Returns the teacher's map of each side that the student also has.
///
/// Sides are in falling order. Of several maps of one side, it is the narrowest, and of equally narrow ones the last.
pub(super) fn teaching_nodes(teacher: &Network, student: &Network) -> Vec<NodeId> {
    let sides = student_sides(student);
    sides.into_iter().filter_map(|side| node_of_side(teacher, side)).collect()
}

fn student_sides(student: &Network) -> Vec<usize> {
    let mut sides: Vec<usize> = student.nodes().iter().map(|node| node.shape[1]).collect();
    sides.dedup();
    sides.retain(|side| SIDES.contains(side));
    sides
}

fn node_of_side(network: &Network, side: usize) -> Option<NodeId> {
    let of_side = network.ids().filter(|id| network.nodes()[id.index()].shape[1] == side);
    of_side.min_by_key(|id| (network.nodes()[id.index()].shape[0], usize::MAX - id.index()))
}

impl Hints {
    pub(super) fn new(teacher: &Network, network: &Network, chain: &Chain, seed: u64) -> Self {
        let hint = |side: usize| {
            let taught = teacher.nodes()[node_of_side(teacher, side)?.index()].shape;
            // The last map of that side, before a maximum makes it smaller.
            let of_side = |&node: &usize| network.nodes()[node].shape[1] == side;
            let layer = chain.nodes.iter().rposition(of_side)?;
            let channels = [taught[0], network.nodes()[chain.nodes[layer]].shape[0]];
            Some(Hint { layer, plane: side * side, channels })
        };
        let hints: Vec<Hint> = student_sides(network).into_iter().filter_map(hint).collect();
        let mut random = ChaCha8Rng::seed_from_u64(seed.wrapping_add(1));
        let mut initial = |Hint { channels: [out, inputs], .. }: &Hint| {
            let deviation = (1.0 / *inputs as f32).sqrt();
            (0..out * inputs).map(|_| deviation * normal(&mut random)).collect()
        };
        let values: Vec<Vec<f32>> = hints.iter().map(&mut initial).collect();
        let optimiser = Adam::new(&values);
        Self { hints, gradients: Vec::new(), values, optimiser }
    }

    /// Returns no hints, for a student that was trained before.
    pub(super) fn none() -> Self {
        Self {
            hints: Vec::new(),
            values: Vec::new(),
            gradients: Vec::new(),
            optimiser: Adam::new(&[]),
        }
    }

    /// Returns the indices of the student's compared layers, in their order.
    pub(super) fn layers(&self) -> Vec<usize> {
        self.hints.iter().map(|hint| hint.layer).collect()
    }

    /// Compares the maps of a batch with the teacher's, per hint n × `(channels, plane)`.
    ///
    /// The loss of a face is the mean of 1 − cosine over the hints and positions. Returns the gradients of `share`
    /// times the sum over the faces, per shard.
    pub(super) fn lead(
        &mut self,
        shards: &[Shard],
        taught: &[Vec<Vec<f32>>],
        share: f32,
    ) -> Vec<Seeds> {
        let count = self.hints.len().max(1) as f32;
        let of_shard = |(at, shard): (usize, &Shard)| {
            let lead = |(place, hint): (usize, &Hint)| {
                let taught = &taught[place][at * SHARD..][..shard.images];
                hint.lead(&self.values[place], shard, taught, share / count)
            };
            self.hints.iter().enumerate().map(lead).collect::<Vec<_>>()
        };
        let led: Vec<Vec<Led>> = shards.par_iter().enumerate().map(of_shard).collect();
        self.gradients = self.values.iter().map(|values| vec![0.0; values.len()]).collect();
        let mut seeds = Vec::new();
        for led in led {
            let mut own = Vec::new();
            for ((led, hint), sum) in led.into_iter().zip(&self.hints).zip(&mut self.gradients) {
                sum.iter_mut().zip(&led.weights).for_each(|(sum, value)| *sum += value);
                own.push((hint.layer, led.map));
            }
            seeds.push(own);
        }
        seeds
    }

    /// Returns the trained values, for a checkpoint.
    pub(super) fn learned(&mut self) -> Learned<'_> {
        Learned { prefix: "hint", values: &mut self.values, optimiser: &mut self.optimiser }
    }

    /// Takes one step of the linear layers.
    pub(super) fn learn(&mut self, rates: StepRates) {
        let roles = vec![Role::Weight; self.values.len()];
        self.optimiser.step(&mut self.values, &self.gradients, &roles, rates);
    }
}

/// Result of a hint for a shard: the gradients of its weights and of the student's map.
struct Led {
    weights: Vec<f32>,
    map: Vec<f32>,
}

impl Hint {
    fn lead(&self, weights: &[f32], shard: &Shard, taught: &[Vec<f32>], share: f32) -> Led {
        let [out, inputs] = self.channels;
        let columns = shard.images * self.plane;
        let map = Matrix::new(shard.output(self.layer), inputs, columns);
        let weight = Matrix::new(weights, out, inputs);
        let mut found = vec![0.0; out * columns];
        weight.multiply_into(map, MatrixMut::new(&mut found, columns));
        self.slopes(&mut found, taught, share / self.plane as f32);
        let slopes = Matrix::new(&found, out, columns);
        let mut weights = vec![0.0; out * inputs];
        let mut gradient = vec![0.0; inputs * columns];
        slopes.multiply_into(map.transposed(), MatrixMut::new(&mut weights, inputs));
        weight.transposed().multiply_into(slopes, MatrixMut::new(&mut gradient, columns));
        Led { weights, map: gradient }
    }

    /// Replaces `found`, `(channels, n, plane)`, by the gradient of the loss.
    ///
    /// The loss is `share` times the sum over positions of 1 − cosine.
    fn slopes(&self, found: &mut [f32], taught: &[Vec<f32>], share: f32) {
        let channels = self.channels[0];
        let images = taught.len();
        for (image, taught) in taught.iter().enumerate() {
            let place = |channel: usize| (channel * images + image) * self.plane;
            let mut products = vec![0.0; self.plane];
            let mut own = vec![1e-12; self.plane];
            let mut others = vec![1e-12; self.plane];
            for channel in 0..channels {
                let found = &found[place(channel)..][..self.plane];
                let taught = &taught[channel * self.plane..][..self.plane];
                for (at, (p, t)) in found.iter().zip(taught).enumerate() {
                    products[at] += p * t;
                    own[at] += p * p;
                    others[at] += t * t;
                }
            }
            for at in 0..self.plane {
                let length = (own[at] * others[at]).sqrt();
                let cosine = products[at] / length;
                // d cosine / dp = t / |p||t| − cosine p / |p|²
                (products[at], own[at]) = (share / length, share * cosine / own[at]);
            }
            for channel in 0..channels {
                let found = &mut found[place(channel)..][..self.plane];
                let taught = &taught[channel * self.plane..][..self.plane];
                for (at, (p, t)) in found.iter_mut().zip(taught).enumerate() {
                    *p = own[at] * *p - products[at] * t;
                }
            }
        }
    }
}

//! Inner maps of a student that are trained on those of its teacher.

use rayon::prelude::*;

use super::adamw::{Adam, ParameterRole, StepRates};
use super::chain::Chain;
use super::checkpoint::TrainingState;
use super::shard::{Seeds, Shard};
use super::student::{SHARD, normal};
use crate::linalg::matrix::{Matrix, MatrixMut};
use crate::network::graph::{Network, NodeId};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Sides of the maps that are compared. Larger maps carry little information on a face, and cost
/// much.
const SIDES: std::ops::RangeInclusive<usize> = 2..=28;

/// All pairs of maps. A linear layer maps the student's channels to the teacher's.
pub(super) struct Hints {
    hints: Vec<Hint>,
    /// Weights per hint, `(teacher's channels, student's channels)`.
    values: Vec<Vec<f32>>,
    gradients: Vec<Vec<f32>>,
    optimizer: Adam,
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
/// Sides are in falling order. Of several maps of one side, it is the narrowest, and of equally
/// narrow ones the last.
pub(super) fn hint_nodes(teacher: &Network, student: &Network) -> Vec<NodeId> {
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
        let hints: Vec<Hint> = student_sides(network)
            .into_iter()
            .filter_map(|side| Hint::new(side, teacher, network, chain))
            .collect();
        let mut random = ChaCha8Rng::seed_from_u64(seed.wrapping_add(1));
        let values: Vec<Vec<f32>> =
            hints.iter().map(|hint| hint.initial_weights(&mut random)).collect();
        let optimizer = Adam::new(&values);
        Self { hints, gradients: Vec::new(), values, optimizer }
    }

    /// Returns no hints, for a student that was trained before.
    pub(super) fn none() -> Self {
        Self {
            hints: Vec::new(),
            values: Vec::new(),
            gradients: Vec::new(),
            optimizer: Adam::new(&[]),
        }
    }

    /// Returns the indices of the student's compared layers, in their order.
    pub(super) fn layers(&self) -> Vec<usize> {
        self.hints.iter().map(|hint| hint.layer).collect()
    }

    /// Compares the maps of a batch with the teacher's, per hint n × `(channels, plane)`.
    ///
    /// The loss of a face is the mean of 1 − cosine over the hints and positions. Returns the
    /// gradients of `share` times the sum over the faces, per shard.
    pub(super) fn gradients(
        &mut self,
        shards: &[Shard],
        teacher_maps: &[Vec<Vec<f32>>],
        share: f32,
    ) -> Vec<Seeds> {
        let share = share / self.hints.len().max(1) as f32;
        let of_shards: Vec<Vec<HintGradients>> = shards
            .par_iter()
            .zip(0..shards.len())
            .map(|(shard, i)| self.gradients_of_shard(shard, i, teacher_maps, share))
            .collect();
        self.gradients = self.values.iter().map(|values| vec![0.0; values.len()]).collect();
        let mut seeds = Vec::new();
        for of_hints in of_shards {
            let mut shard_seeds = Vec::new();
            for (i, of_hint) in of_hints.into_iter().enumerate() {
                let sums = self.gradients[i].iter_mut().zip(&of_hint.weights);
                sums.for_each(|(sum, value)| *sum += value);
                shard_seeds.push((self.hints[i].layer, of_hint.map));
            }
            seeds.push(shard_seeds);
        }
        seeds
    }

    /// Returns the gradients of each hint for the shard `i` of the batch.
    fn gradients_of_shard(
        &self,
        shard: &Shard,
        i: usize,
        teacher_maps: &[Vec<Vec<f32>>],
        share: f32,
    ) -> Vec<HintGradients> {
        let mut gradients = Vec::new();
        for ((hint, weights), maps) in self.hints.iter().zip(&self.values).zip(teacher_maps) {
            let maps = &maps[i * SHARD..][..shard.images];
            gradients.push(hint.gradients(weights, shard, maps, share));
        }
        gradients
    }

    /// Returns the trained values, for a checkpoint.
    pub(super) fn training_state(&mut self) -> TrainingState<'_> {
        TrainingState { prefix: "hint", values: &mut self.values, optimizer: &mut self.optimizer }
    }

    /// Takes one step of the linear layers.
    pub(super) fn step(&mut self, rates: StepRates) {
        let roles = vec![ParameterRole::Weight; self.values.len()];
        self.optimizer.step(&mut self.values, &self.gradients, &roles, rates);
    }
}

/// Result of a hint for a shard: the gradients of its weights and of the student's map.
struct HintGradients {
    weights: Vec<f32>,
    map: Vec<f32>,
}

impl Hint {
    /// Returns the hint for maps of `side` pixels. Returns `None` if a network has none.
    fn new(side: usize, teacher: &Network, network: &Network, chain: &Chain) -> Option<Self> {
        let teacher_shape = teacher.nodes()[node_of_side(teacher, side)?.index()].shape;
        // The last map of that side, before a maximum makes it smaller.
        let layer = chain.nodes.iter().rposition(|&node| network.nodes()[node].shape[1] == side)?;
        let channels = [teacher_shape[0], network.nodes()[chain.nodes[layer]].shape[0]];
        Some(Self { layer, plane: side * side, channels })
    }

    /// Draws the weights of the linear layer.
    fn initial_weights(&self, random: &mut ChaCha8Rng) -> Vec<f32> {
        let [out, inputs] = self.channels;
        let deviation = (1.0 / inputs as f32).sqrt();
        (0..out * inputs).map(|_| deviation * normal(random)).collect()
    }

    fn gradients(
        &self,
        weights: &[f32],
        shard: &Shard,
        teacher_maps: &[Vec<f32>],
        share: f32,
    ) -> HintGradients {
        let [out, inputs] = self.channels;
        let columns = shard.images * self.plane;
        let map = Matrix::new(shard.output(self.layer), inputs, columns);
        let weight = Matrix::new(weights, out, inputs);
        let mut found = vec![0.0; out * columns];
        weight.multiply_into(map, MatrixMut::new(&mut found, columns));
        self.loss_gradient(&mut found, teacher_maps, share / self.plane as f32);
        let found = Matrix::new(&found, out, columns);
        let mut weights = vec![0.0; out * inputs];
        let mut gradient = vec![0.0; inputs * columns];
        found.multiply_into(map.transposed(), MatrixMut::new(&mut weights, inputs));
        weight.transposed().multiply_into(found, MatrixMut::new(&mut gradient, columns));
        HintGradients { weights, map: gradient }
    }

    /// Replaces `found`, `(channels, n, plane)`, by the gradient of the loss.
    ///
    /// The loss is `share` times the sum over positions of 1 − cosine.
    fn loss_gradient(&self, found: &mut [f32], teacher_maps: &[Vec<f32>], share: f32) {
        let channels = self.channels[0];
        let images = teacher_maps.len();
        for (image, teacher_map) in teacher_maps.iter().enumerate() {
            let mut products = vec![0.0; self.plane];
            let mut squares = vec![1e-12; self.plane];
            let mut teacher_squares = vec![1e-12; self.plane];
            for channel in 0..channels {
                let found = &found[(channel * images + image) * self.plane..][..self.plane];
                let expected = &teacher_map[channel * self.plane..][..self.plane];
                for (i, (p, t)) in found.iter().zip(expected).enumerate() {
                    products[i] += p * t;
                    squares[i] += p * p;
                    teacher_squares[i] += t * t;
                }
            }
            // d cosine / dp = t / |p||t| − cosine p / |p|²
            let mut factors = vec![0.0; self.plane];
            let mut teacher_factors = vec![0.0; self.plane];
            for i in 0..self.plane {
                let length = (squares[i] * teacher_squares[i]).sqrt();
                let cosine = products[i] / length;
                factors[i] = share * cosine / squares[i];
                teacher_factors[i] = share / length;
            }
            for channel in 0..channels {
                let found = &mut found[(channel * images + image) * self.plane..][..self.plane];
                let expected = &teacher_map[channel * self.plane..][..self.plane];
                for (i, (p, t)) in found.iter_mut().zip(expected).enumerate() {
                    *p = factors[i] * *p - teacher_factors[i] * t;
                }
            }
        }
    }
}

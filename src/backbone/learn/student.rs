//! A network with the weights that it has learned so far.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::adam::{Adam, Role, Schedule};
use super::chain::Chain;
use super::checkpoint::Learned;
use super::shard::Shard;
use crate::backbone::network::{Network, Op, Parameter};
use crate::backbone::{BackboneError, NamedTensor};

/// A network that learns.
pub struct Student {
    parameters: Vec<Parameter>,
    pub(super) chain: Chain,
    pub(super) values: Vec<Vec<f32>>,
    roles: Vec<Role>,
    optimiser: Adam,
    pub(super) shards: Vec<Shard>,
    steps: usize,
}

/// Images of a shard. Part of what is learned: batch statistics are a shard's own.
pub(super) const SHARD: usize = 32;

impl Student {
    /// A network without branches that has learned nothing: weights are random by `seed`, normal with variance
    /// 2 / inputs (He et al. 2015), the last layer's 1 / inputs.
    ///
    /// # Errors
    /// When the network has operations that cannot be learned here.
    pub fn new(network: &Network, seed: u64) -> Result<Self, BackboneError> {
        let chain = Chain::new(network)?;
        let roles = roles(network);
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let last = roles.iter().rposition(|role| *role == Role::Weight);
        let initial = |(at, parameter): (usize, &Parameter)| {
            let count = parameter.shape.iter().product();
            let inputs: usize = parameter.shape[1..].iter().product();
            match roles[at] {
                Role::Weight => {
                    let gain: f32 = if Some(at) == last { 1.0 } else { 2.0 };
                    let deviation = (gain / inputs as f32).sqrt();
                    (0..count).map(|_| deviation * normal(&mut random)).collect()
                }
                // Scales start at 1, shifts at 0; so do variances and means.
                _ => vec![f32::from(u8::from(starts_at_one(&parameter.name))); count],
            }
        };
        let values: Vec<Vec<f32>> = network.parameters().iter().enumerate().map(initial).collect();
        let (optimiser, parameters) = (Adam::new(&values), network.parameters().to_vec());
        Ok(Self { parameters, chain, values, roles, optimiser, shards: Vec::new(), steps: 0 })
    }

    /// What is learned, for a checkpoint.
    pub(super) fn learned(&mut self) -> Learned<'_> {
        Learned { prefix: "student", values: &mut self.values, optimiser: &mut self.optimiser }
    }

    pub(super) fn set_steps(&mut self, steps: usize) {
        self.steps = steps;
    }

    /// Steps taken so far.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Values of an embedding.
    pub fn dimension(&self) -> usize {
        self.chain.shape().len()
    }

    /// The weights by the names of the network's parameters.
    pub fn tensors(&self) -> Vec<NamedTensor> {
        let tensor = |(parameter, values): (&Parameter, &Vec<f32>)| NamedTensor {
            name: parameter.name.clone(),
            shape: parameter.shape.clone(),
            values: values.clone(),
        };
        self.parameters.iter().zip(&self.values).map(tensor).collect()
    }

    /// Runs a batch of preprocessed pixels, `(n, size, size, 3)`.
    pub(super) fn forward(&mut self, pixels: &[f32]) {
        let step = SHARD * self.chain.input.len();
        self.shards.resize_with(pixels.len().div_ceil(step), Shard::default);
        let Self { chain, values, shards, .. } = self;
        let work = shards.par_iter_mut().zip(pixels.par_chunks(step));
        work.for_each(|(shard, pixels)| shard.forward(chain, values, pixels));
    }

    /// The last layer's results of the batch, image by image: n × `(d)`.
    pub(super) fn outputs(&self) -> Vec<Vec<f32>> {
        let last = self.chain.layers.len() - 1;
        let of_image = |shard: &Shard, image: usize| {
            let plane = self.chain.shape().plane();
            let maps = shard.output(last).chunks_exact(shard.images * plane);
            maps.flat_map(|map| &map[image * plane..][..plane]).copied().collect()
        };
        let of_shard =
            |shard: &'_ Shard| (0..shard.images).map(|i| of_image(shard, i)).collect::<Vec<_>>();
        self.shards.iter().flat_map(of_shard).collect()
    }

    /// One step along the gradients of `seeds`, per shard ([`Shard::backward`]); the loss is a sum over the batch.
    pub(super) fn learn(&mut self, seeds: Vec<Vec<(usize, Vec<f32>)>>, schedule: &Schedule) {
        let Self { chain, values, shards, .. } = self;
        let work = shards.par_iter_mut().zip(seeds);
        work.for_each(|(shard, seeds)| shard.backward(chain, values, seeds));
        let gradients = self.gradients();
        let rate = schedule.rate(self.steps);
        let roles = self.roles.as_slice();
        let pace = (rate, schedule.weight_decay);
        self.optimiser.step(&mut self.values, (&gradients, roles), pace);
        self.steps += 1;
    }

    /// The gradients of all shards, in their order: sums, and means of statistics.
    fn gradients(&self) -> Vec<Vec<f32>> {
        let share = 1.0 / self.shards.len() as f32;
        let of_parameter = |at: usize| {
            let mut sum = self.shards[0].gradients[at].clone();
            for shard in &self.shards[1..] {
                sum.iter_mut().zip(&shard.gradients[at]).for_each(|(sum, own)| *sum += own);
            }
            if self.roles[at] == Role::Statistic {
                sum.iter_mut().for_each(|value| *value *= share);
            }
            sum
        };
        (0..self.values.len()).into_par_iter().map(of_parameter).collect()
    }
}

fn roles(network: &Network) -> Vec<Role> {
    let mut roles = vec![Role::Shift; network.parameters().len()];
    for node in network.nodes() {
        match &node.op {
            Op::Conv(conv) => roles[conv.weight.index()] = Role::Weight,
            Op::Linear { weight, .. } => roles[weight.index()] = Role::Weight,
            Op::BatchNorm(norm) => {
                roles[norm.mean.index()] = Role::Statistic;
                roles[norm.variance.index()] = Role::Statistic;
            }
            _ => {}
        }
    }
    roles
}

fn starts_at_one(name: &str) -> bool {
    name.ends_with(".gamma") || name.ends_with(".variance")
}

/// A standard normal number (Box and Muller 1958).
pub(super) fn normal(random: &mut impl Rng) -> f32 {
    let radius = (-2.0 * (1.0 - random.random::<f32>()).ln()).sqrt();
    radius * (std::f32::consts::TAU * random.random::<f32>()).cos()
}

//! A network in training, with its current weights.

use super::error::NetworkTrainingError;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::adamw::{Adam, ParameterRole, Schedule};
use super::chain::Chain;
use super::checkpoint::TrainingState;
use super::shard::{Seeds, Shard};
use super::tensors::Tensors;
use crate::engine::{Device, EngineError, Precision, ResolvedDevice};
use crate::network::NamedTensor;
use crate::network::graph::{Network, Op, Parameter};

/// A network in training.
pub struct Student {
    pub(super) parameters: Vec<Parameter>,
    pub(super) chain: Chain,
    pub(super) values: Vec<Vec<f32>>,
    roles: Vec<ParameterRole>,
    optimizer: Adam,
    pub(super) shards: Vec<Shard>,
    /// Runs the shards on a device. If `None`, they run on the CPU, one thread each.
    tensors: Option<Tensors>,
    steps: usize,
}

/// Images of a shard. This number affects training, because batch statistics are per shard.
pub(super) const SHARD: usize = 32;

impl Student {
    /// Creates a network without branches, on `device`, with random weights by `seed`.
    ///
    /// Weights are normal with variance 2 / inputs (He et al. 2015), the last layer's with 1 /
    /// inputs.
    ///
    /// # Errors
    /// - [`NetworkTrainingError::NotTrainable`] if the network has operations that cannot be trained here.
    /// - [`EngineError::NoDevice`] if the device cannot be used.
    pub fn new(network: &Network, seed: u64, device: Device) -> Result<Self, NetworkTrainingError> {
        let tensors = match device.resolve(Precision::F32)? {
            ResolvedDevice::Cpu => None,
            ResolvedDevice::Gpu(options) => Some(Tensors::new(network, options.device)),
        };
        let mut student = Self::on_cpu(network, seed)?;
        student.tensors = tensors;
        student.watch(&[]);
        Ok(student)
    }

    /// Creates a network that runs on the CPU.
    fn on_cpu(network: &Network, seed: u64) -> Result<Self, NetworkTrainingError> {
        let chain = Chain::new(network)?;
        let roles = roles(network);
        let values = initial_values(network, &roles, seed);
        let optimizer = Adam::new(&values);
        let parameters = network.parameters().to_vec();
        Ok(Self {
            parameters,
            chain,
            values,
            roles,
            optimizer,
            shards: Vec::new(),
            tensors: None,
            steps: 0,
        })
    }

    /// Makes the results of these layers available, followed by those of the last one.
    pub(super) fn watch(&mut self, layers: &[usize]) {
        let layers = [layers, &[self.chain.layers.len() - 1]].concat();
        if let Some(tensors) = &mut self.tensors {
            tensors.watch(&self.chain, &layers);
        }
    }

    /// Returns the trained values, for a checkpoint.
    pub(super) fn training_state(&mut self) -> TrainingState<'_> {
        TrainingState {
            prefix: "student",
            values: &mut self.values,
            optimizer: &mut self.optimizer,
        }
    }

    pub(super) fn set_steps(&mut self, steps: usize) {
        self.steps = steps;
    }

    /// Returns the number of steps taken so far.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Returns the number of values of an embedding.
    pub fn dimension(&self) -> usize {
        self.chain.shape().len()
    }

    /// Returns the weights, named as the network's parameters.
    pub fn tensors(&self) -> Vec<NamedTensor> {
        let mut tensors = Vec::new();
        for (Parameter { name, shape }, values) in self.parameters.iter().zip(&self.values) {
            let values = values.clone();
            tensors.push(NamedTensor { name: name.clone(), shape: shape.clone(), values });
        }
        tensors
    }

    /// Takes one step on a batch of preprocessed pixels, and returns the loss before it.
    ///
    /// `pixels` are `(n, size, size, 3)`. `loss` receives the network's outputs, n × `(d)`. It
    /// returns the loss and its gradient with respect to them.
    ///
    /// # Errors
    /// If the device fails.
    pub fn improve(
        &mut self,
        pixels: &[f32],
        loss: impl FnOnce(&[Vec<f32>]) -> (f32, Vec<Vec<f32>>),
        schedule: &Schedule,
    ) -> Result<f32, EngineError> {
        self.forward(pixels)?;
        let (loss, gradients) = loss(&self.outputs());
        let last = self.chain.layers.len() - 1;
        let seeds = gradients.chunks(SHARD).map(|rows| vec![(last, channels_first(rows))]);
        self.step(seeds.collect(), schedule)?;
        Ok(loss)
    }

    /// Runs a batch of preprocessed pixels, `(n, size, size, 3)`.
    pub(super) fn forward(&mut self, pixels: &[f32]) -> Result<(), EngineError> {
        let step = SHARD * self.chain.input.len();
        self.shards.resize_with(pixels.len().div_ceil(step), Shard::default);
        let Self { chain, values, shards, tensors, .. } = self;
        if let Some(tensors) = tensors {
            let work = shards.iter_mut().zip(pixels.chunks(step));
            return Ok(tensors.forward(chain, values, work)?);
        }
        let work = shards.par_iter_mut().zip(pixels.par_chunks(step));
        work.for_each(|(shard, pixels)| shard.forward(chain, values, pixels));
        Ok(())
    }

    /// Returns the last layer's results of the batch, image by image: n × `(d)`.
    pub(super) fn outputs(&self) -> Vec<Vec<f32>> {
        let last = self.chain.layers.len() - 1;
        let plane = self.chain.shape().plane();
        let mut outputs = Vec::new();
        for shard in &self.shards {
            for image in 0..shard.images {
                let maps = shard.output(last).chunks_exact(shard.images * plane);
                outputs
                    .push(maps.flat_map(|map| &map[image * plane..][..plane]).copied().collect());
            }
        }
        outputs
    }

    /// Takes one step along the gradients of `seeds`, per shard ([`Shard::backward`]). The loss is
    /// a sum over the batch.
    pub(super) fn step(
        &mut self,
        seeds: Vec<Seeds>,
        schedule: &Schedule,
    ) -> Result<(), EngineError> {
        self.backward(seeds)?;
        let gradients = self.gradients();
        let rates = schedule.rates(self.steps);
        self.optimizer.step(&mut self.values, &gradients, &self.roles, rates);
        self.steps += 1;
        Ok(())
    }

    fn backward(&mut self, seeds: Vec<Seeds>) -> Result<(), EngineError> {
        let Self { chain, values, shards, tensors, .. } = self;
        if let Some(tensors) = tensors {
            return Ok(tensors.backward(shards.iter_mut().zip(seeds))?);
        }
        let work = shards.par_iter_mut().zip(seeds);
        work.for_each(|(shard, seeds)| shard.backward(chain, values, seeds));
        Ok(())
    }

    /// Returns the gradients over all shards, in their order: sums, and means of statistics.
    fn gradients(&self) -> Vec<Vec<f32>> {
        (0..self.values.len()).into_par_iter().map(|i| self.gradient(i)).collect()
    }

    /// Returns the gradient of the parameter `i` over all shards.
    fn gradient(&self, i: usize) -> Vec<f32> {
        let mut sum = self.shards[0].gradients[i].clone();
        for shard in &self.shards[1..] {
            sum.iter_mut().zip(&shard.gradients[i]).for_each(|(sum, value)| *sum += value);
        }
        if self.roles[i] == ParameterRole::Statistic {
            let share = 1.0 / self.shards.len() as f32;
            sum.iter_mut().for_each(|value| *value *= share);
        }
        sum
    }
}

/// Draws the values of all parameters.
fn initial_values(network: &Network, roles: &[ParameterRole], seed: u64) -> Vec<Vec<f32>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let last = roles.iter().rposition(|role| *role == ParameterRole::Weight);
    let mut all = Vec::new();
    for (i, parameter) in network.parameters().iter().enumerate() {
        let count = parameter.shape.iter().product();
        let inputs: usize = parameter.shape[1..].iter().product();
        all.push(if roles[i] == ParameterRole::Weight {
            let gain: f32 = if Some(i) == last { 1.0 } else { 2.0 };
            let deviation = (gain / inputs as f32).sqrt();
            (0..count).map(|_| deviation * normal(&mut random)).collect()
        } else {
            // Scales start at 1, shifts at 0, and so do variances and means.
            vec![f32::from(u8::from(starts_at_one(&parameter.name))); count]
        });
    }
    all
}

/// n × `(d)` → `(d, n)`
pub(super) fn channels_first(rows: &[Vec<f32>]) -> Vec<f32> {
    let width = rows.first().map_or(0, Vec::len);
    (0..width).flat_map(|i| rows.iter().map(move |row| row[i])).collect()
}

fn roles(network: &Network) -> Vec<ParameterRole> {
    let mut roles = vec![ParameterRole::Shift; network.parameters().len()];
    for node in network.nodes() {
        match &node.op {
            Op::Conv(conv) => roles[conv.weight.index()] = ParameterRole::Weight,
            Op::Linear { weight, .. } => roles[weight.index()] = ParameterRole::Weight,
            Op::BatchNorm(norm) => {
                roles[norm.mean.index()] = ParameterRole::Statistic;
                roles[norm.variance.index()] = ParameterRole::Statistic;
            }
            _ => {}
        }
    }
    roles
}

fn starts_at_one(name: &str) -> bool {
    name.ends_with(".gamma") || name.ends_with(".variance")
}

/// Returns a standard normal number (Box and Muller 1958).
pub(super) fn normal(random: &mut impl Rng) -> f32 {
    let radius = (-2.0 * (1.0 - random.random::<f32>()).ln()).sqrt();
    radius * (std::f32::consts::TAU * random.random::<f32>()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::graph::{Builder, ConvShape, Window};

    const SIDE: usize = 14;

    /// A network with every trainable layer.
    fn everything() -> Network {
        let mut net = Builder::new("everything", SIDE);
        let x = net.input();
        let x = net.conv(x, "first", ConvShape::dense(5, Window::same(3, 3)));
        let x = net.batch_norm(
            x,
            ["a.gamma", "a.beta", "a.mean", "a.variance"].map(String::from),
            1e-5,
        );
        let x = net.relu(x);
        let x = net.max_pool(x, Window::square(2, 2, 0));
        let x = net.conv(x, "second", ConvShape::dense(7, Window::square(3, 2, 1)));
        let x = net.bias(x, "second.bias");
        let x = net.relu(x);
        let x = net.conv(x, "pool", ConvShape::depthwise(7, Window::square(4, 1, 0)));
        let x = net.batch_norm(
            x,
            ["b.gamma", "b.beta", "b.mean", "b.variance"].map(String::from),
            1e-5,
        );
        let x = net.linear(x, "last", 4);
        let x = net.bias(x, "last.bias");
        net.sigmoid(x);
        net.finish().unwrap()
    }

    #[test]
    fn results_and_gradients_equal_candles() {
        let network = everything();
        let mut own = Student::new(&network, 3, Device::Cpu).unwrap();
        let mut random = ChaCha8Rng::seed_from_u64(4);
        // Scales and shifts that matter.
        for (values, role) in own.values.iter_mut().zip(&own.roles) {
            if *role == ParameterRole::Shift {
                values.iter_mut().for_each(|value| *value += 0.3 * normal(&mut random));
            }
        }
        let mut candles = Student::on_cpu(&network, 3).unwrap();
        candles.values.clone_from(&own.values);
        candles.tensors = Some(Tensors::new(&network, candle_core::Device::Cpu));
        let inner = 2;
        let last = own.chain.layers.len() - 1;
        candles.watch(&[inner]);
        // A complete shard and a partial one.
        let images = SHARD + 5;
        let pixels: Vec<f32> = (0..images * SIDE * SIDE * 3).map(|_| normal(&mut random)).collect();
        let mut pull = |layer: usize, images: usize| {
            let len = images * own.chain.layers[layer].output().len();
            (layer, (0..len).map(|_| normal(&mut random)).collect::<Vec<f32>>())
        };
        let seeds = [SHARD, 5].map(|images| vec![pull(inner, images), pull(last, images)]);
        let near = |found: &[f32], expected: &[f32], what: &str| {
            let largest = expected.iter().fold(1e-3_f32, |a, b| a.max(b.abs()));
            let apart = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
            assert!(apart.fold(0.0, f32::max) < 2e-4 * largest, "{what}: {found:?} {expected:?}");
        };
        for student in [&mut own, &mut candles] {
            student.forward(&pixels).unwrap();
            student.backward(seeds.to_vec()).unwrap();
        }
        near(&own.outputs().concat(), &candles.outputs().concat(), "outputs");
        for (own, candles) in own.shards.iter().zip(&candles.shards) {
            near(own.output(inner), candles.output(inner), "inner map");
        }
        let gradients = own.gradients().into_iter().zip(candles.gradients());
        for ((own, candles), parameter) in gradients.zip(network.parameters()) {
            near(&own, &candles, &parameter.name);
        }
    }
}

//! A network with the weights that it has learned so far.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::adam::{Adam, Role, Schedule};
use super::chain::Chain;
use super::checkpoint::Learned;
use super::shard::{Seeds, Shard};
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

    /// One step on a batch of preprocessed pixels, `(n, size, size, 3)`. `judge` is given what the network says of each
    /// image, n × `(d)`, and returns the loss and its gradient with respect to that. Returns the loss before the step.
    pub fn improve(
        &mut self,
        pixels: &[f32],
        judge: impl FnOnce(&[Vec<f32>]) -> (f32, Vec<Vec<f32>>),
        schedule: &Schedule,
    ) -> f32 {
        self.forward(pixels);
        let (loss, gradients) = judge(&self.outputs());
        let last = self.chain.layers.len() - 1;
        let seeds = gradients.chunks(SHARD).map(|rows| vec![(last, channels_first(rows))]);
        self.learn(seeds.collect(), schedule);
        loss
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
    pub(super) fn learn(&mut self, seeds: Vec<Seeds>, schedule: &Schedule) {
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

/// n × `(d)` → `(d, n)`
pub(super) fn channels_first(rows: &[Vec<f32>]) -> Vec<f32> {
    let width = rows.first().map_or(0, Vec::len);
    (0..width).flat_map(|at| rows.iter().map(move |row| row[at])).collect()
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

#[cfg(test)]
mod tests {
    use candle_core::{D, Device, Result, Tensor, Var};

    use super::*;
    use crate::backbone::network::{Builder, Window};

    const IMAGES: usize = 5;
    const SIDE: usize = 14;

    /// A network with every layer that can be learned.
    fn everything() -> Network {
        let mut net = Builder::new("everything", SIDE);
        let x = net.input();
        let x = net.conv(x, "first", 5, 1, Window::same(3, 3));
        let x = net.batch_norm(
            x,
            ["a.gamma", "a.beta", "a.mean", "a.variance"].map(String::from),
            1e-5,
        );
        let x = net.relu(x);
        let x = net.max_pool(x, Window::square(2, 2, 0));
        let x = net.conv(x, "second", 7, 1, Window::square(3, 2, 1));
        let x = net.bias(x, "second.bias");
        let x = net.relu(x);
        let x = net.conv(x, "pool", 7, 7, Window::square(4, 1, 0));
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

    fn norm(x: &Tensor, gamma: &Tensor, beta: &Tensor) -> Result<Tensor> {
        let mean = x.mean_keepdim((0, 2, 3))?;
        let apart = x.broadcast_sub(&mean)?;
        let deviation = (apart.sqr()?.mean_keepdim((0, 2, 3))? + 1e-5)?.sqrt()?;
        let channels = |v: &Tensor| v.reshape((1, (), 1, 1));
        apart
            .broadcast_div(&deviation)?
            .broadcast_mul(&channels(gamma)?)?
            .broadcast_add(&channels(beta)?)
    }

    /// The same network by candle, on `(n, 3, side, side)`.
    fn by_candle(x: &Tensor, v: impl Fn(&str) -> Tensor) -> Result<Tensor> {
        let x = x.conv2d(&v("first"), 1, 1, 1, 1)?;
        let x = norm(&x, &v("a.gamma"), &v("a.beta"))?.relu()?;
        // Not by candle's own maximum, whose gradient (0.11.1) is a quarter of what it should be.
        let x = x.reshape((IMAGES, 5, SIDE / 2, 2, SIDE / 2, 2))?.max(5)?.max(3)?;
        let x = x.conv2d(&v("second"), 1, 2, 1, 1)?;
        let x = x.broadcast_add(&v("second.bias").reshape((1, (), 1, 1))?)?.relu()?;
        let x = x.broadcast_mul(&v("pool").reshape((1, 7, 4, 4))?)?;
        let x = x.sum_keepdim(D::Minus1)?.sum_keepdim(D::Minus2)?;
        let x = norm(&x, &v("b.gamma"), &v("b.beta"))?.flatten_from(1)?;
        candle_nn::ops::sigmoid(&x.matmul(&v("last").t()?)?.broadcast_add(&v("last.bias"))?)
    }

    #[test]
    fn results_and_gradients_equal_candles() {
        let network = everything();
        let mut student = Student::new(&network, 3).unwrap();
        let mut random = ChaCha8Rng::seed_from_u64(4);
        // Scales and shifts that matter.
        for (values, role) in student.values.iter_mut().zip(&student.roles) {
            if *role == Role::Shift {
                values.iter_mut().for_each(|value| *value += 0.3 * normal(&mut random));
            }
        }
        let pixels: Vec<f32> = (0..IMAGES * SIDE * SIDE * 3).map(|_| normal(&mut random)).collect();
        let pull: Vec<f32> = (0..IMAGES * 4).map(|_| normal(&mut random)).collect();

        let vars: Vec<Var> = student
            .tensors()
            .into_iter()
            .map(|t| Var::from_vec(t.values, t.shape, &Device::Cpu).unwrap())
            .collect();
        let place = |name: &str| network.parameters().iter().position(|p| p.name == name).unwrap();
        let input = Tensor::from_slice(&pixels, (IMAGES, SIDE, SIDE, 3), &Device::Cpu).unwrap();
        let input = input.permute((0, 3, 1, 2)).unwrap().contiguous().unwrap();
        let expected = by_candle(&input, |name| vars[place(name)].as_tensor().clone()).unwrap();
        let weights = Tensor::from_slice(&pull, (IMAGES, 4), &Device::Cpu).unwrap();
        let loss = (&expected * weights).unwrap().sum_all().unwrap();
        let gradients = loss.backward().unwrap();

        student.forward(&pixels);
        let near = |found: &[f32], expected: &[f32], what: &str| {
            let largest = expected.iter().fold(1e-3_f32, |a, b| a.max(b.abs()));
            let apart = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
            assert!(apart.fold(0.0, f32::max) < 2e-4 * largest, "{what}: {found:?} {expected:?}");
        };
        let flat = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        near(&student.outputs().concat(), &flat(&expected), "outputs");
        let seed = (0..4).flat_map(|c| (0..IMAGES).map(move |i| 4 * i + c)).map(|at| pull[at]);
        let last = student.chain.layers.len() - 1;
        let seeds = vec![(last, seed.collect())];
        student.shards[0].backward(&student.chain, &student.values, seeds);
        let found = student.gradients();
        for (at, parameter) in network.parameters().iter().enumerate() {
            if student.roles[at] != Role::Statistic {
                let expected = flat(gradients.get(&vars[at]).unwrap());
                near(&found[at], &expected, &parameter.name);
            }
        }
    }
}

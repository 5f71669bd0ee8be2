//! The optimizer: steps along the gradient.

use rayon::prelude::*;

/// Role of a parameter, which determines its update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ParameterRole {
    /// Trained, with weight decay.
    Weight,
    /// Scale or shift: trained, without weight decay.
    Shift,
    /// Not trained: the running mean of the batches' statistics.
    Statistic,
}

/// Learning-rate schedule: linear warmup, constant, then a `1 − √t` cooldown over the last fifth.
///
/// Source: A. Hägele et al., "Scaling Laws and Compute-Optimal Training Beyond Fixed Training
/// Durations", 2024. Before the cooldown nothing depends on the total number of steps, so a
/// training can be extended.
///
/// ```
/// use kindred::train::network::Schedule;
///
/// let schedule = Schedule { learning_rate: 2e-3, weight_decay: 0.05, steps: 1000, warmup: 100 };
/// assert_eq!(schedule.rate(500), 2e-3);
/// assert_eq!(schedule.cooling(), 800);
/// assert_eq!(schedule.rate(1000), 0.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// Peak learning rate.
    pub learning_rate: f32,
    /// Share of a weight that a step of length 1 subtracts.
    pub weight_decay: f32,
    /// Total number of steps.
    pub steps: usize,
    /// Steps of the warmup.
    pub warmup: usize,
}

impl Schedule {
    /// Returns the first step of the cooldown.
    pub fn cooling(&self) -> usize {
        self.steps - self.steps / 5
    }

    /// Returns the learning rate and weight decay of step `step`, from 0.
    pub(super) fn rates(&self, step: usize) -> StepRates {
        StepRates { learning_rate: self.rate(step), weight_decay: self.weight_decay }
    }

    /// Returns the learning rate of step `step`, from 0.
    pub fn rate(&self, step: usize) -> f32 {
        if step < self.warmup {
            return self.learning_rate * (step + 1) as f32 / self.warmup as f32;
        }
        let length = (self.steps - self.cooling()).max(1);
        let done = (step.saturating_sub(self.cooling()) as f32 / length as f32).min(1.0);
        self.learning_rate * (1.0 - done.sqrt())
    }
}

/// Learning rate and weight decay of one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct StepRates {
    pub(super) learning_rate: f32,
    pub(super) weight_decay: f32,
}

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
pub(super) struct Adam {
    /// Running means of the gradient and of its square, per parameter.
    moments: Vec<[Vec<f32>; 2]>,
    steps: i32,
}

const BETAS: [f32; 2] = [0.9, 0.999];
const EPSILON: f32 = 1e-8;
/// Share of a statistic that comes from the last batch.
const MOMENTUM: f32 = 0.02;

impl Adam {
    pub(super) fn new(values: &[Vec<f32>]) -> Self {
        let moments = values.iter().map(|values| [0, 1].map(|_| vec![0.0; values.len()]));
        Self { moments: moments.collect(), steps: 0 }
    }

    /// Returns the running means per parameter, for a checkpoint.
    pub(super) fn moments_mut(&mut self) -> &mut [[Vec<f32>; 2]] {
        &mut self.moments
    }

    pub(super) fn set_steps(&mut self, steps: usize) {
        self.steps = steps as i32;
    }

    /// Takes one step.
    pub(super) fn step(
        &mut self,
        values: &mut [Vec<f32>],
        gradients: &[Vec<f32>],
        roles: &[ParameterRole],
        rates: StepRates,
    ) {
        let StepRates { learning_rate: rate, weight_decay } = rates;
        self.steps += 1;
        let corrections = BETAS.map(|beta| 1.0 - beta.powi(self.steps));
        let all = values.par_iter_mut().zip(gradients).zip(roles).zip(&mut self.moments);
        all.for_each(|(((values, gradient), role), [means, squares])| {
            if *role == ParameterRole::Statistic {
                for (value, new) in values.iter_mut().zip(gradient) {
                    *value += MOMENTUM * (new - *value);
                }
                return;
            }
            let retained =
                1.0 - if *role == ParameterRole::Weight { rate * weight_decay } else { 0.0 };
            let moments = means.iter_mut().zip(squares);
            for ((value, g), (mean, square)) in values.iter_mut().zip(gradient).zip(moments) {
                *mean += (1.0 - BETAS[0]) * (g - *mean);
                *square += (1.0 - BETAS[1]) * (g * g - *square);
                let deviation = (*square / corrections[1]).sqrt() + EPSILON;
                *value = *value * retained - rate * (*mean / corrections[0]) / deviation;
            }
        });
    }
}

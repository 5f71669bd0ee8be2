//! Steps along the gradient.

use rayon::prelude::*;

/// What a parameter is, and so how it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Is drawn towards zero while it learns.
    Weight,
    /// Scales and shifts: not drawn.
    Shift,
    /// Not learned: the running mean of what each batch had.
    Statistic,
}

/// How long steps are in the course of a training: they grow over the first of them, stay, and over the last fifth they
/// shrink to none, by 1 − √t (A. Hägele et al., "Scaling Laws and Compute-Optimal Training Beyond Fixed Training
/// Durations", 2024). Until then nothing depends on how many there will be, so a training can be made longer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// The longest step.
    pub learning_rate: f32,
    /// Share of a weight that a step of length 1 takes away.
    pub weight_decay: f32,
    /// Steps in all.
    pub steps: usize,
    /// Steps over which they grow.
    pub warmup: usize,
}

impl Schedule {
    /// The first step that is shorter than the one before it.
    pub fn cooling(&self) -> usize {
        self.steps - self.steps / 5
    }

    /// The length of the step number `step`, from 0.
    pub fn rate(&self, step: usize) -> f32 {
        if step < self.warmup {
            return self.learning_rate * (step + 1) as f32 / self.warmup as f32;
        }
        let length = (self.steps - self.cooling()).max(1);
        let done = (step.saturating_sub(self.cooling()) as f32 / length as f32).min(1.0);
        self.learning_rate * (1.0 - done.sqrt())
    }
}

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
pub(super) struct Adam {
    /// Per parameter, running means of its gradient and of the gradient's square.
    moments: Vec<[Vec<f32>; 2]>,
    steps: i32,
}

const BETAS: [f32; 2] = [0.9, 0.999];
const EPSILON: f32 = 1e-8;
/// Share of a statistic that comes from the last batch.
const MOMENTUM: f32 = 0.02;

impl Adam {
    pub(super) fn new(values: &[Vec<f32>]) -> Self {
        let zeros = |values: &Vec<f32>| vec![0.0; values.len()];
        Self { moments: values.iter().map(|v| [zeros(v), zeros(v)]).collect(), steps: 0 }
    }

    /// Per parameter the running means, for a checkpoint.
    pub(super) fn moments_mut(&mut self) -> &mut [[Vec<f32>; 2]] {
        &mut self.moments
    }

    pub(super) fn set_steps(&mut self, steps: usize) {
        self.steps = steps as i32;
    }

    /// One step of length `rate`.
    pub(super) fn step(
        &mut self,
        values: &mut [Vec<f32>],
        (gradients, roles): (&[Vec<f32>], &[Role]),
        (rate, weight_decay): (f32, f32),
    ) {
        self.steps += 1;
        let corrections = BETAS.map(|beta| 1.0 - beta.powi(self.steps));
        let all = values.par_iter_mut().zip(gradients).zip(roles).zip(&mut self.moments);
        all.for_each(|(((values, gradient), role), [means, squares])| {
            if *role == Role::Statistic {
                let blend = |(value, new): (&mut f32, &f32)| *value += MOMENTUM * (new - *value);
                values.iter_mut().zip(gradient).for_each(blend);
                return;
            }
            let keep = 1.0 - if *role == Role::Weight { rate * weight_decay } else { 0.0 };
            let moments = means.iter_mut().zip(squares);
            for ((value, g), (mean, square)) in values.iter_mut().zip(gradient).zip(moments) {
                *mean += (1.0 - BETAS[0]) * (g - *mean);
                *square += (1.0 - BETAS[1]) * (g * g - *square);
                let deviation = (*square / corrections[1]).sqrt() + EPSILON;
                *value = *value * keep - rate * (*mean / corrections[0]) / deviation;
            }
        });
    }
}

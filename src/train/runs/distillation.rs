//! Distillation: trains a backbone to match another one.

use std::path::Path;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::loss_monitor::LossMonitor;
use crate::domain::Outcome;
use crate::network::NamedTensor;
use crate::train::data::faces::AnnotatedFace;
use crate::train::data::views::{aligned_picture, scaled, training_picture, views};
use crate::train::error::TrainError;
use crate::train::network::{Distillation, Loss};

/// Pictures per batch.
pub const BATCH: usize = 64;
/// Batches between two checkpoints.
const CHECKPOINT_EVERY: usize = 100;
/// Maximum number of faces that determine the whitening of embeddings.
const WHITENING_FACES: usize = 4096;
/// Maximum number of faces for estimating the normalizations of a trained network again.
const BEGINNING_FACES: usize = 256;

/// Options of a distillation.
#[derive(Clone, Copy, Debug)]
pub struct DistillationOptions<'a> {
    /// Seed of all random choices.
    pub seed: u64,
    /// File of the training state. Training resumes from it if it exists.
    pub checkpoint: &'a Path,
}

/// Trains a student on pictures of `faces`.
///
/// At every checkpoint, `monitor` receives the number of batches and the mean loss since the last
/// one. Returns the student's weights after the last step. After a cancellation, the checkpoint
/// contains the training state.
///
/// Once the steps shrink, checkpoints have a separate file next to
/// [`DistillationOptions::checkpoint`]. Its name contains the total number of steps. A longer
/// training run can resume from the original file.
///
/// # Errors
/// - [`TrainError::NoFaces`] if `faces` is empty.
/// - [`TrainError::PastCooling`] if the checkpoint is already beyond this training run.
/// - [`TrainError::NetworkTraining`] if the checkpoint is of another training run, or cannot be written.
pub fn distil(
    distillation: &mut Distillation,
    faces: &[AnnotatedFace],
    options: DistillationOptions<'_>,
    monitor: LossMonitor<'_, Loss>,
) -> Result<Outcome<Vec<NamedTensor>>, TrainError> {
    let DistillationOptions { seed, checkpoint } = options;
    let LossMonitor { progress, report } = monitor;
    if faces.is_empty() {
        return Err(TrainError::NoFaces);
    }
    let steps = distillation.schedule().steps;
    let cooling = distillation.schedule().cooling();
    let about = about(faces.len(), seed);
    let last = checkpoint.with_extension(format!("{steps}.checkpoint"));
    resume(distillation, checkpoint, &last, &about)?;
    if distillation.student().steps() < steps {
        let pictures = scaled(&some_aligned(faces), distillation.teacher().input_size());
        distillation.whiten(&views(&pictures))?;
    }
    progress.begin("Learning", (steps * BATCH) as u64, "pictures");
    progress.resume((distillation.student().steps() * BATCH) as u64);
    let mut order = BatchOrder { faces, seed, epoch: usize::MAX, order: Vec::new() };
    let mut sum = Loss::default();
    let mut count = 0.0;
    while distillation.student().steps() < steps {
        let pictures = order.batch(distillation.student().steps());
        let for_teacher = scaled(&pictures, distillation.teacher().input_size());
        let loss = distillation.step(&views(&pictures), &views(&for_teacher))?;
        sum = sum.plus(loss);
        count += 1.0;
        progress.advance(BATCH as u64);
        let stop = progress.cancelled();
        let done = distillation.student().steps();
        if stop || done.is_multiple_of(CHECKPOINT_EVERY) || done == steps || done == cooling {
            distillation.save(if done <= cooling { checkpoint } else { &last }, &about)?;
            report(done, sum.times(1.0 / count));
            sum = Loss::default();
            count = 0.0;
        }
        if stop {
            return Ok(Outcome::Cancelled);
        }
    }
    let weights = distillation.weights(&views(&some_aligned(faces)))?;
    Ok(Outcome::Finished(weights))
}

/// Resumes from the checkpoint `last` of the cooldown, or from the one before it, if one exists.
fn resume(
    distillation: &mut Distillation,
    checkpoint: &Path,
    last: &Path,
    about: &[u32],
) -> Result<(), TrainError> {
    if last.exists() {
        distillation.resume(last, about)?;
    } else if checkpoint.exists() {
        distillation.resume(checkpoint, about)?;
        let cooling = distillation.schedule().cooling();
        if distillation.student().steps() > cooling {
            return Err(TrainError::PastCooling { path: checkpoint.to_owned(), cooling });
        }
    }
    Ok(())
}

/// Initializes a student with the weights in a file instead of random ones.
///
/// See [`Distillation::begin_from`]. `faces` are those of the [`distil`] call that follows.
///
/// # Errors
/// As [`Distillation::begin_from`].
pub fn begin_from(
    distillation: &mut Distillation,
    faces: &[AnnotatedFace],
    weights: &Path,
) -> Result<(), TrainError> {
    let pictures: Vec<Vec<u8>> = evenly(faces, BEGINNING_FACES).map(aligned_picture).collect();
    Ok(distillation.begin_from(weights, &views(&pictures))?)
}

/// Returns the identity of a training run: the number of faces and the seed.
///
/// All numbers are below 2²⁴.
fn about(faces: usize, seed: u64) -> [u32; 5] {
    let [a, b, c, d] = [0, 16, 32, 48].map(|shift| (seed >> shift) as u32 & 0xffff);
    [faces as u32 & 0xff_ffff, a, b, c, d]
}

/// Returns some faces as a backbone sees them in use. They determine the whitening of embeddings.
fn some_aligned(faces: &[AnnotatedFace]) -> Vec<Vec<u8>> {
    evenly(faces, WHITENING_FACES).map(aligned_picture).collect()
}

/// Returns `max` faces or slightly fewer, evenly spaced over all folders.
fn evenly(faces: &[AnnotatedFace], max: usize) -> impl Iterator<Item = &AnnotatedFace> {
    faces.iter().step_by(faces.len().div_ceil(max).max(1))
}

/// Order of the faces in a training run.
///
/// Each face appears once before any face repeats, and each time with a different picture.
struct BatchOrder<'a> {
    faces: &'a [AnnotatedFace],
    seed: u64,
    epoch: usize,
    order: Vec<usize>,
}

impl BatchOrder<'_> {
    /// Returns the pictures of one batch. They depend only on its number and the seed.
    fn batch(&mut self, step: usize) -> Vec<Vec<u8>> {
        let first = step * BATCH;
        let faces: Vec<usize> = (first..first + BATCH).map(|i| self.face(i)).collect();
        faces
            .into_par_iter()
            .enumerate()
            .map(|(i, face)| {
                let seed = self.seed ^ (((first + i) as u64 + 1) << 20);
                training_picture(&self.faces[face], &mut ChaCha8Rng::seed_from_u64(seed))
            })
            .collect()
    }

    /// Returns the index of the face of picture `i`, counted from the first batch.
    fn face(&mut self, i: usize) -> usize {
        let epoch = i / self.faces.len();
        if epoch != self.epoch {
            self.epoch = epoch;
            self.order = (0..self.faces.len()).collect();
            self.order
                .shuffle(&mut ChaCha8Rng::seed_from_u64(self.seed.wrapping_add(epoch as u64)));
        }
        self.order[i % self.faces.len()]
    }
}

//! Distillation: trains a backbone to match another one.

use std::path::Path;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::loss_monitor::LossMonitor;
use crate::network::NamedTensor;
use crate::train::data::faces::KnownFace;
use crate::train::data::views::{aligned_picture, lesson_picture, scaled, views};
use crate::train::error::TrainError;
use crate::train::network::{Lesson, Loss};

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
/// one. Returns the student's weights after the last step. Returns `None` if the progress was
/// cancelled. The checkpoint then contains the training state.
///
/// Once the steps shrink, checkpoints have a separate file next to
/// [`DistillationOptions::checkpoint`]. Its name contains the total number of steps. A longer
/// training run can resume from the original file.
///
/// # Errors
/// - [`TrainError::NoFaces`] if `faces` is empty.
/// - [`TrainError::PastCooling`] if the checkpoint is already beyond this training run.
/// - [`TrainError::Backbone`] if the checkpoint is of another training run, or cannot be written.
pub fn distil(
    lesson: &mut Lesson,
    faces: &[KnownFace],
    options: DistillationOptions<'_>,
    monitor: LossMonitor<'_, Loss>,
) -> Result<Option<Vec<NamedTensor>>, TrainError> {
    let DistillationOptions { seed, checkpoint } = options;
    let LossMonitor { progress, report } = monitor;
    if faces.is_empty() {
        return Err(TrainError::NoFaces);
    }
    let steps = lesson.schedule().steps;
    let cooling = lesson.schedule().cooling();
    let about = about(faces.len(), seed);
    let last = checkpoint.with_extension(format!("{steps}.checkpoint"));
    if let Some(found) = [last.as_path(), checkpoint].into_iter().find(|path| path.exists()) {
        lesson.resume(found, &about)?;
        if found == checkpoint && lesson.student().steps() > cooling {
            return Err(TrainError::PastCooling { path: found.to_owned(), cooling });
        }
    }
    if lesson.student().steps() < steps {
        let pictures = scaled(&some_aligned(faces), lesson.teacher().input_size());
        lesson.whiten(&views(&pictures))?;
    }
    progress.begin("Learning", (steps * BATCH) as u64, "pictures");
    progress.resume((lesson.student().steps() * BATCH) as u64);
    let mut deck = Deck { faces, seed, epoch: usize::MAX, order: Vec::new() };
    let mut sum = Loss::default();
    let mut count = 0.0;
    while lesson.student().steps() < steps {
        let pictures = deck.batch(lesson.student().steps());
        let own = views(&pictures);
        let for_teacher = scaled(&pictures, lesson.teacher().input_size());
        let loss = lesson.step(&own, &views(&for_teacher))?;
        (sum, count) = (sum.plus(loss), count + 1.0);
        progress.advance(BATCH as u64);
        let stop = progress.cancelled();
        let done = lesson.student().steps();
        if stop || done.is_multiple_of(CHECKPOINT_EVERY) || done == steps || done == cooling {
            lesson.save(if done <= cooling { checkpoint } else { &last }, &about)?;
            report(done, sum.times(1.0 / count));
            (sum, count) = (Loss::default(), 0.0);
        }
        if stop {
            return Ok(None);
        }
    }
    Ok(Some(lesson.weights(&views(&some_aligned(faces)))?))
}

/// Initializes a student with the weights in a file instead of random ones.
///
/// See [`Lesson::begin_from`]. `faces` are those of the [`distil`] call that follows.
///
/// # Errors
/// As [`Lesson::begin_from`].
pub fn begin_from(
    lesson: &mut Lesson,
    faces: &[KnownFace],
    weights: &Path,
) -> Result<(), TrainError> {
    let pictures: Vec<Vec<u8>> = evenly(faces, BEGINNING_FACES).map(aligned_picture).collect();
    Ok(lesson.begin_from(weights, &views(&pictures))?)
}

/// Returns the identity of a training run: the number of faces and the seed.
///
/// All numbers are below 2²⁴.
fn about(faces: usize, seed: u64) -> [u32; 5] {
    let part = |at: u32| (seed >> (16 * at)) as u32 & 0xffff;
    [faces as u32 & 0xff_ffff, part(0), part(1), part(2), part(3)]
}

/// Returns some faces as a backbone sees them in use. They determine the whitening of embeddings.
fn some_aligned(faces: &[KnownFace]) -> Vec<Vec<u8>> {
    evenly(faces, WHITENING_FACES).map(aligned_picture).collect()
}

/// Returns `most` faces or slightly fewer, evenly spaced over all folders.
fn evenly(faces: &[KnownFace], most: usize) -> impl Iterator<Item = &KnownFace> {
    faces.iter().step_by(faces.len().div_ceil(most).max(1))
}

/// Faces in their training order.
///
/// Each face appears once before any face repeats, and each time with a different picture.
struct Deck<'a> {
    faces: &'a [KnownFace],
    seed: u64,
    epoch: usize,
    order: Vec<usize>,
}

impl Deck<'_> {
    /// Returns the pictures of one batch. They depend only on its number and the seed.
    fn batch(&mut self, step: usize) -> Vec<Vec<u8>> {
        let places = step * BATCH..(step + 1) * BATCH;
        let faces: Vec<usize> = places.clone().map(|at| self.face(at)).collect();
        let picture = |(at, face): (usize, usize)| {
            let mut random = ChaCha8Rng::seed_from_u64(self.seed ^ ((at as u64 + 1) << 20));
            lesson_picture(&self.faces[face], &mut random)
        };
        places.zip(faces).collect::<Vec<_>>().into_par_iter().map(picture).collect()
    }

    fn face(&mut self, at: usize) -> usize {
        let epoch = at / self.faces.len();
        let place = at % self.faces.len();
        if epoch != self.epoch {
            self.epoch = epoch;
            self.order = (0..self.faces.len()).collect();
            self.order
                .shuffle(&mut ChaCha8Rng::seed_from_u64(self.seed.wrapping_add(epoch as u64)));
        }
        self.order[place]
    }
}

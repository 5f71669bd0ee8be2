//! A backbone learns from another one.

use std::path::Path;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::TrainError;
use super::faces::KnownFace;
use super::views::{aligned_picture, lesson_picture, scaled, views};
use crate::backbone::NamedTensor;
use crate::backbone::learn::{Lesson, Loss};
use crate::domain::Progress;

/// Pictures in a batch.
pub const BATCH: usize = 64;
/// Batches between two checkpoints.
const CHECKPOINT_EVERY: usize = 100;
/// Faces by which embeddings are whitened, at most.
const WHITENING_FACES: usize = 4096;
/// Faces by which the normalisations of a trained network are found again, at most.
const BEGINNING_FACES: usize = 256;

/// Teaches a student with pictures of `faces`, random by `seed`, from the checkpoint in the file `checkpoint` on if there is
/// one. At every checkpoint `report` hears how many batches there were and the mean loss since the last one. Returns the
/// weights of the student when it is ready; where `progress` asked to stop, what it learned by then is in the checkpoint.
///
/// Once steps grow shorter, checkpoints go to a file of their own, beside `checkpoint` and named after the number of
/// steps in all: from `checkpoint` a longer training can go on.
///
/// # Errors
/// When a checkpoint is of another training or already beyond this one, or cannot be written.
pub fn distil(
    lesson: &mut Lesson,
    faces: &[KnownFace],
    (seed, checkpoint): (u64, &Path),
    (progress, report): (&dyn Progress, &mut dyn FnMut(usize, Loss)),
) -> Result<Option<Vec<NamedTensor>>, TrainError> {
    if faces.is_empty() {
        return Err(TrainError::NoFaces);
    }
    let (steps, cooling) = (lesson.schedule().steps, lesson.schedule().cooling());
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
    let (mut sum, mut count) = (Loss::default(), 0.0);
    while lesson.student().steps() < steps {
        let pictures = deck.batch(lesson.student().steps());
        let (own, for_teacher) =
            (views(&pictures), scaled(&pictures, lesson.teacher().input_size()));
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

/// Lets a student begin with the weights in a file instead of random ones, as [`Lesson::begin_from`] says; `faces` as for
/// [`distil`], which comes next.
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

/// What a training is about, in numbers below 2²⁴: how many faces, and the seed.
fn about(faces: usize, seed: u64) -> [u32; 5] {
    let part = |at: u32| (seed >> (16 * at)) as u32 & 0xffff;
    [faces as u32 & 0xff_ffff, part(0), part(1), part(2), part(3)]
}

/// Some of the faces as a backbone is to see them in use, by which embeddings are whitened.
fn some_aligned(faces: &[KnownFace]) -> Vec<Vec<u8>> {
    evenly(faces, WHITENING_FACES).map(aligned_picture).collect()
}

/// `most` of the faces or a few less, from all folders alike.
fn evenly(faces: &[KnownFace], most: usize) -> impl Iterator<Item = &KnownFace> {
    faces.iter().step_by(faces.len().div_ceil(most).max(1))
}

/// Faces in the order in which they are shown: every one once before any is shown again, each time another picture of
/// it.
struct Deck<'a> {
    faces: &'a [KnownFace],
    seed: u64,
    epoch: usize,
    order: Vec<usize>,
}

impl Deck<'_> {
    /// The pictures of one batch; they depend on nothing but its number and the seed.
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
        let (epoch, place) = (at / self.faces.len(), at % self.faces.len());
        if epoch != self.epoch {
            self.epoch = epoch;
            self.order = (0..self.faces.len()).collect();
            self.order
                .shuffle(&mut ChaCha8Rng::seed_from_u64(self.seed.wrapping_add(epoch as u64)));
        }
        self.order[place]
    }
}

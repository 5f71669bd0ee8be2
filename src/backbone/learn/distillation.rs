//! A student learns what a teacher says of faces.
//!
//! Of what the teacher says of a face ([`Teacher`]) the student learns the direction, and how alike the faces of a batch
//! are to each other by it (W. Park et al., "Relational Knowledge Distillation", 2019). Photos are few, but a teacher can be
//! asked about any picture: student and teacher always see the same one, however it was turned, shifted or blurred
//! (L. Beyer et al., "Knowledge distillation: A good teacher is patient and consistent", 2022). In the beginning the
//! student's inner maps are led, too, by those of the teacher that have their size (A. Romero et al., "FitNets", 2015).

use std::path::Path;

use super::adam::Schedule;
use super::checkpoint::Learned;
use super::fold::whitened;
use super::hint::Hints;
use super::student::{SHARD, Student, channels_first};
use super::teacher::Teacher;
use super::vector::{dot, norm, unit};
use super::widen::widened;
use crate::backbone::device::Device;
use crate::backbone::import::{read_checkpoint, recognise};
use crate::backbone::preprocessing::Preprocessing;
use crate::backbone::{Architecture, BackboneError, NamedTensor, vggface_lite};

/// A student with its teacher.
pub struct Lesson {
    config: vggface_lite::Config,
    student: Student,
    teacher: Teacher,
    hints: Hints,
    preprocessing: Preprocessing,
    schedule: Schedule,
    seed: u64,
}

/// How far a student is from its teacher; means over the faces of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Loss {
    /// 1 − cosine of the student's embedding and the teacher's.
    pub embedding: f32,
    /// Squared difference of the cosines that student and teacher see between two faces.
    pub relation: f32,
}

/// How much the relation of two faces counts beside the faces themselves.
const RELATION: f32 = 10.0;
/// Steps over which inner maps count less and less.
const HINTED: f32 = 4000.0;

impl Loss {
    /// The sum of this loss and another.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            embedding: self.embedding + other.embedding,
            relation: self.relation + other.relation,
        }
    }

    /// `share` times this loss.
    #[must_use]
    pub fn times(self, share: f32) -> Self {
        Self { embedding: share * self.embedding, relation: share * self.relation }
    }
}

impl Lesson {
    /// A lesson for a small network, which begins with random weights by `seed` and learns on a device.
    ///
    /// # Errors
    /// When its embedding is not as wide as what the teacher says, or the device cannot be used.
    pub fn new(
        (config, device): (vggface_lite::Config, Device),
        teacher: Teacher,
        (schedule, seed): (Schedule, u64),
    ) -> Result<Self, BackboneError> {
        let network = vggface_lite::learning_network(&config)?;
        let mut student = Student::new(&network, seed, device)?;
        if student.dimension() != teacher.dimension() {
            let reason = format!(
                "its embedding has {} values, what the teacher says of a face {}",
                student.dimension(),
                teacher.dimension()
            );
            return Err(BackboneError::BadConfig { architecture: "student's", reason });
        }
        let hints = Hints::new(&teacher.network, (&network, &student.chain), seed);
        student.watch(&hints.layers());
        let preprocessing = Architecture::VggfaceLite(config.clone()).preprocessing();
        Ok(Self { config, student, teacher, hints, preprocessing, schedule, seed })
    }

    /// Begins with what a [`vggface_lite::network`] in a file of weights has learned, instead of with random weights, and
    /// without leading inner maps. Where a layer has less channels than the student's, some are doubled by chance. Of its
    /// embedding the first values are those that were learned from a teacher ([`super::Projection`]). What its
    /// normalisations have to be is found on these faces, `(size, size, 3)` bytes each.
    ///
    /// # Errors
    /// When the file cannot be read, is of another network, or of one with more channels or layers.
    pub fn begin_from(&mut self, weights: &Path, faces: &[&[u8]]) -> Result<(), BackboneError> {
        let learning = vggface_lite::learning_network(&self.config)?;
        let network = vggface_lite::network(&self.config)?;
        let found = recognise(weights, read_checkpoint(weights)?, "vggface-lite")?;
        let narrow = found.architecture.network()?;
        let other = || BackboneError::CannotWiden {
            path: weights.to_owned(),
            channels: self.config.channels,
            depths: self.config.depths,
        };
        let weights = widened(&narrow, found.tensors, &network, self.seed).ok_or_else(other)?;
        let pixels = self.preprocessing.pixels(faces, self.config.input_size);
        self.student.unfold(&learning, (&network, &weights), &pixels)?;
        self.hints = Hints::none();
        self.student.watch(&[]);
        Ok(())
    }

    /// The weights of [`vggface_lite::network`] as learned so far. Its embedding is whitened by what it says of these
    /// faces, `(size, size, 3)` bytes each, where they are not all alike to it: a student keeps more of what its teacher
    /// says of all faces than of what it says of each.
    ///
    /// # Errors
    /// When a weight is missing, which would be an error of this program.
    pub fn weights(&self, faces: &[&[u8]]) -> Result<Vec<NamedTensor>, BackboneError> {
        let weights = self.student.folded(&vggface_lite::learning_network(&self.config)?);
        let network = vggface_lite::network(&self.config)?;
        let batches = faces.chunks(SHARD);
        let pixels = batches.map(|b| (b.len(), self.preprocessing.pixels(b, network.input_size())));
        whitened(&network, weights, pixels)
    }

    /// The student.
    pub fn student(&self) -> &Student {
        &self.student
    }

    pub(super) fn learned(&mut self) -> [Learned<'_>; 2] {
        [self.student.learned(), self.hints.learned()]
    }

    pub(super) fn set_steps(&mut self, steps: usize) {
        self.student.set_steps(steps);
    }

    /// The course of the lesson.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Whitens what the teacher says, by what it says of these faces, as it wants them: `(size, size, 3)` bytes each.
    ///
    /// # Errors
    /// When the device fails.
    pub fn whiten(&mut self, faces: &[&[u8]]) -> Result<(), BackboneError> {
        self.teacher.whiten(faces)
    }

    /// The teacher.
    pub fn teacher(&self) -> &Teacher {
        &self.teacher
    }

    /// One step on faces, as the student wants them and as the teacher does: `(size, size, 3)` bytes each. Returns how
    /// far the student was from the teacher before it.
    ///
    /// # Errors
    /// When the device fails.
    pub fn step(&mut self, faces: &[&[u8]], for_teacher: &[&[u8]]) -> Result<Loss, BackboneError> {
        let (said, maps) = self.teacher.judge(for_teacher)?;
        let pixels = self.preprocessing.pixels(faces, self.config.input_size);
        self.student.forward(&pixels)?;
        let (loss, gradients) = compare(&self.student.outputs(), &said);
        let fading = 1.0 - self.student.steps() as f32 / HINTED;
        let rate = self.schedule.rate(self.student.steps());
        let last = self.student.chain.layers.len() - 1;
        let share = fading.max(0.0) / faces.len() as f32;
        let mut seeds = self.hints.lead(&self.student.shards, &maps, share);
        for (seeds, gradients) in seeds.iter_mut().zip(gradients.chunks(SHARD)) {
            seeds.push((last, channels_first(gradients)));
        }
        self.student.learn(seeds, &self.schedule)?;
        self.hints.learn((rate, self.schedule.weight_decay));
        Ok(loss)
    }
}

/// How far embeddings are from what was said, and the gradient of the loss with respect to each embedding.
fn compare(embeddings: &[Vec<f32>], said: &[Vec<f32>]) -> (Loss, Vec<Vec<f32>>) {
    let count = embeddings.len() as f32;
    let units: Vec<Vec<f32>> = embeddings.iter().map(|embedding| unit(embedding)).collect();
    let others = (count - 1.0).max(1.0);
    let mut loss = Loss::default();
    let gradient = |(at, own): (usize, &Vec<f32>)| {
        let mut gradient: Vec<f32> = said[at].iter().map(|value| -value / count).collect();
        loss.embedding += (1.0 - dot(own, &said[at])) / count;
        for other in (0..units.len()).filter(|&other| other != at) {
            let apart = dot(own, &units[other]) - dot(&said[at], &said[other]);
            loss.relation += apart * apart / (count * others);
            let pull = RELATION * 4.0 * apart / (count * others);
            gradient.iter_mut().zip(&units[other]).for_each(|(sum, value)| *sum += pull * value);
        }
        // Through the scaling to unit length.
        let (along, length) = (dot(&gradient, own), norm(&embeddings[at]));
        gradient.iter_mut().zip(own).for_each(|(g, value)| *g = (*g - along * value) / length);
        gradient
    };
    let gradients = units.iter().enumerate().map(gradient).collect();
    (loss, gradients)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_of_the_comparison_is_its_slope() {
        let value = |at: usize| ((at * 37 % 23) as f32 - 11.0) / 9.0;
        let row = |from: usize| (0..6).map(|c| value(from + c)).collect::<Vec<f32>>();
        let rows = |from: usize| (0..5).map(move |r| row(from + 6 * r));
        let said: Vec<Vec<f32>> = rows(3).map(|row| unit(&row)).collect();
        let embeddings: Vec<Vec<f32>> = rows(40).collect();
        let total = |embeddings: &[Vec<f32>]| {
            let (Loss { embedding, relation, .. }, _) = compare(embeddings, &said);
            f64::from(embedding + RELATION * relation)
        };
        let (_, gradients) = compare(&embeddings, &said);
        for (row, column) in [(0, 0), (1, 3), (4, 5)] {
            let nearby = |step: f32| {
                let mut moved = embeddings.clone();
                moved[row][column] += step;
                total(&moved)
            };
            let slope = (nearby(1e-2) - nearby(-1e-2)) / 2e-2;
            let found = f64::from(gradients[row][column]);
            assert!((slope - found).abs() < 2e-3 * (1.0 + found.abs()), "{found} is {slope}");
        }
    }
}

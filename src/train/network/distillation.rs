//! Distillation: a student network is trained on a teacher's embeddings of faces.
//!
//! The student is trained on the direction of the teacher's embedding of a face ([`Teacher`]). It
//! is also trained on the cosines between the faces of a batch (W. Park et al., "Relational
//! Knowledge Distillation", 2019).
//!
//! Photos are few, but a teacher can embed any image. So student and teacher always see the same
//! image, with the same rotation, shift and blur (L. Beyer et al., "Knowledge distillation: A good
//! teacher is patient and consistent", 2022).
//!
//! In the beginning the student's inner maps are also trained, on the teacher's maps of equal size
//! (A. Romero et al., "FitNets", 2015).

use super::error::NetworkTrainingError;
use std::path::Path;

use super::adamw::Schedule;
use super::checkpoint::{StateFile, StateWriter};
use super::fold::whitened;
use super::hint::Hints;
use super::student::{SHARD, Student, channels_first};
use super::teacher::{Teacher, TeacherOutput};
use super::vector::{dot, norm, unit};
use super::widen::widened;
use crate::engine::Device;
use crate::network::architectures::{Architecture, vggface_lite};
use crate::network::import::{import_weights, read_checkpoint};
use crate::network::preprocessing::Preprocessing;
use crate::network::{NamedTensor, NetworkError};

/// A student with its teacher.
pub struct Distillation {
    config: vggface_lite::Config,
    student: Student,
    teacher: Teacher,
    hints: Hints,
    preprocessing: Preprocessing,
    schedule: Schedule,
    seed: u64,
}

/// Network and training options of a student.
#[derive(Clone, Debug, PartialEq)]
pub struct StudentOptions {
    /// The student's network.
    pub config: vggface_lite::Config,
    /// Device on which the student is trained.
    pub device: Device,
    /// Learning-rate schedule.
    pub schedule: Schedule,
    /// Seed of the student's random weights.
    pub seed: u64,
}

/// Distance of a student from its teacher, as means over the faces of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Loss {
    /// 1 − cosine of the student's embedding and the teacher's.
    pub embedding: f32,
    /// Squared difference of the student's and the teacher's cosine of two faces.
    pub relation: f32,
}

/// Name of the values with the number of steps and the identifying numbers in a checkpoint.
const STEPS: &str = "steps";
/// Weight of the relation loss, relative to the embedding loss.
const RELATION: f32 = 10.0;
/// Steps over which the weight of inner maps falls to zero.
const HINTED: f32 = 4000.0;

impl Loss {
    /// Returns the sum of this loss and another.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            embedding: self.embedding + other.embedding,
            relation: self.relation + other.relation,
        }
    }

    /// Returns `share` times this loss.
    #[must_use]
    pub fn times(self, share: f32) -> Self {
        Self { embedding: share * self.embedding, relation: share * self.relation }
    }
}

impl Distillation {
    /// Begins the distillation of a small network with random weights.
    ///
    /// # Errors
    /// - [`NetworkError::BadConfig`] if the student's embedding is not as wide as the teacher's.
    /// - [`crate::engine::EngineError::NoDevice`] if the device cannot be used.
    pub fn new(options: StudentOptions, teacher: Teacher) -> Result<Self, NetworkTrainingError> {
        let StudentOptions { config, device, schedule, seed } = options;
        let network = vggface_lite::training_network(&config)?;
        let mut student = Student::new(&network, seed, device)?;
        if student.dimension() != teacher.dimension() {
            let reason = format!(
                "its embedding has {} values, the teacher's output {}",
                student.dimension(),
                teacher.dimension()
            );
            let error = NetworkError::BadConfig { architecture: "student's", reason };
            return Err(error.into());
        }
        let hints = Hints::new(&teacher.network, &network, &student.chain, seed);
        student.watch(&hints.layers());
        let preprocessing = Architecture::VggfaceLite(config.clone()).preprocessing();
        Ok(Self { config, student, teacher, hints, preprocessing, schedule, seed })
    }

    /// Begins with the trained weights of a [`vggface_lite::network`] in a file.
    ///
    /// Inner maps are then not trained. Where a layer has fewer channels than the student's, random
    /// channels are doubled. The first values of its embedding are those that were trained on a
    /// teacher ([`super::projection::Projection`]). The normalizations are fitted to these faces,
    /// `(size, size, 3)` bytes each.
    ///
    /// # Errors
    /// - [`NetworkError::BadCheckpoint`] or another error of [`read_checkpoint`] if the file cannot
    ///   be read.
    /// - [`NetworkError::OtherArchitecture`] if the file belongs to another network.
    /// - [`NetworkTrainingError::CannotWiden`] if its network has more channels or layers.
    pub fn begin_from(
        &mut self,
        weights: &Path,
        faces: &[&[u8]],
    ) -> Result<(), NetworkTrainingError> {
        let learning = vggface_lite::training_network(&self.config)?;
        let network = vggface_lite::network(&self.config)?;
        let found = import_weights(weights, read_checkpoint(weights)?, "vggface-lite")?;
        let narrow = found.architecture.network()?;
        let weights = widened(&narrow, found.tensors, &network, self.seed).ok_or_else(|| {
            NetworkTrainingError::CannotWiden {
                path: weights.to_owned(),
                channels: self.config.channels,
                depths: self.config.depths,
            }
        })?;
        let pixels = self.preprocessing.pixels(faces, self.config.input_size);
        self.student.unfold(&learning, &network, &weights, &pixels)?;
        self.hints = Hints::none();
        self.student.watch(&[]);
        Ok(())
    }

    /// Returns the weights of [`vggface_lite::network`] as trained so far.
    ///
    /// The embedding is whitened on its values for these faces, `(size, size, 3)` bytes each. There
    /// is no whitening if all faces have the same embedding. A student retains more of the common
    /// part of its teacher's embeddings than of the part that differs between faces.
    ///
    /// # Errors
    /// If a weight is missing, which is an error of this program.
    pub fn weights(&self, faces: &[&[u8]]) -> Result<Vec<NamedTensor>, NetworkTrainingError> {
        let weights = self.student.folded(&vggface_lite::training_network(&self.config)?);
        let network = vggface_lite::network(&self.config)?;
        let batches = faces.chunks(SHARD);
        let pixels = batches.map(|b| (b.len(), self.preprocessing.pixels(b, network.input_size())));
        whitened(&network, weights, pixels)
    }

    /// Returns the student.
    pub fn student(&self) -> &Student {
        &self.student
    }

    /// Writes the state of the distillation to a file, atomically.
    ///
    /// `about` identifies the training by integers below 2²⁴. [`Self::resume`] compares them.
    ///
    /// # Errors
    /// [`NetworkError::Unwritable`] if the file cannot be written.
    pub fn save(&mut self, path: &Path, about: &[u32]) -> Result<(), NetworkTrainingError> {
        // An integer below 2²⁴ is exact in f32.
        let mut steps = vec![self.student.steps() as f32];
        steps.extend(about.iter().map(|&number| number as f32));
        let mut writer = StateWriter::default();
        writer.add(STEPS.to_owned(), steps);
        self.student.training_state().save(&mut writer);
        self.hints.training_state().save(&mut writer);
        Ok(writer.write(path)?)
    }

    /// Resumes from a file that [`Self::save`] wrote.
    ///
    /// # Errors
    /// - [`NetworkError::Unreadable`] or another error of [`read_checkpoint`] if the file cannot be
    ///   read.
    /// - [`NetworkError::MissingTensor`] if it belongs to a student of another size.
    /// - [`NetworkTrainingError::OtherTraining`] if `about` differs.
    pub fn resume(&mut self, path: &Path, about: &[u32]) -> Result<(), NetworkTrainingError> {
        let mut file = StateFile::read(path)?;
        let numbers = file.take(STEPS, 1 + about.len())?;
        if numbers[1..].iter().zip(about).any(|(found, &expected)| *found != expected as f32) {
            return Err(NetworkTrainingError::OtherTraining { path: path.to_owned() });
        }
        let steps = numbers[0] as usize;
        self.student.training_state().restore(&mut file, steps)?;
        self.hints.training_state().restore(&mut file, steps)?;
        self.student.set_steps(steps);
        Ok(())
    }

    /// Returns the learning-rate schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Whitens the teacher's embeddings on its embeddings of these faces.
    ///
    /// The faces are `(size, size, 3)` bytes each, with the teacher's input size.
    ///
    /// # Errors
    /// If the device fails.
    pub fn whiten(&mut self, faces: &[&[u8]]) -> Result<(), NetworkTrainingError> {
        self.teacher.whiten(faces)
    }

    /// Returns the teacher.
    pub fn teacher(&self) -> &Teacher {
        &self.teacher
    }

    /// Takes one step on faces, and returns the loss before it.
    ///
    /// Both slices hold the same faces, `(size, size, 3)` bytes each: first at the student's size,
    /// then at the teacher's.
    ///
    /// # Errors
    /// If the device fails.
    pub fn step(
        &mut self,
        faces: &[&[u8]],
        for_teacher: &[&[u8]],
    ) -> Result<Loss, NetworkTrainingError> {
        let TeacherOutput { embeddings, maps } = self.teacher.embed(for_teacher)?;
        let pixels = self.preprocessing.pixels(faces, self.config.input_size);
        self.student.forward(&pixels)?;
        let (loss, gradients) = compare(&self.student.outputs(), &embeddings);
        let fading = 1.0 - self.student.steps() as f32 / HINTED;
        let rates = self.schedule.rates(self.student.steps());
        let last = self.student.chain.layers.len() - 1;
        let share = fading.max(0.0) / faces.len() as f32;
        let mut seeds = self.hints.gradients(&self.student.shards, &maps, share);
        for (seeds, gradients) in seeds.iter_mut().zip(gradients.chunks(SHARD)) {
            seeds.push((last, channels_first(gradients)));
        }
        self.student.step(seeds, &self.schedule)?;
        self.hints.step(rates);
        Ok(loss)
    }
}

/// Returns the loss of embeddings against the teacher's, and its gradient per embedding.
fn compare(embeddings: &[Vec<f32>], expected: &[Vec<f32>]) -> (Loss, Vec<Vec<f32>>) {
    let count = embeddings.len() as f32;
    let units: Vec<Vec<f32>> = embeddings.iter().map(|embedding| unit(embedding)).collect();
    let others = (count - 1.0).max(1.0);
    let mut loss = Loss::default();
    let mut gradients = Vec::with_capacity(units.len());
    for (i, embedding) in units.iter().enumerate() {
        let mut gradient: Vec<f32> = expected[i].iter().map(|value| -value / count).collect();
        loss.embedding += (1.0 - dot(embedding, &expected[i])) / count;
        for other in (0..units.len()).filter(|&other| other != i) {
            let apart = dot(embedding, &units[other]) - dot(&expected[i], &expected[other]);
            loss.relation += apart * apart / (count * others);
            let pull = RELATION * 4.0 * apart / (count * others);
            gradient.iter_mut().zip(&units[other]).for_each(|(sum, value)| *sum += pull * value);
        }
        // Back through the scaling to unit length.
        let along = dot(&gradient, embedding);
        let length = norm(&embeddings[i]);
        for (g, value) in gradient.iter_mut().zip(embedding) {
            *g = (*g - along * value) / length;
        }
        gradients.push(gradient);
    }
    (loss, gradients)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_of_the_comparison_is_its_slope() {
        let value = |i: usize| ((i * 37 % 23) as f32 - 11.0) / 9.0;
        let row = |from: usize| (0..6).map(|c| value(from + c)).collect::<Vec<f32>>();
        let rows = |from: usize| (0..5).map(move |r| row(from + 6 * r));
        let expected: Vec<Vec<f32>> = rows(3).map(|row| unit(&row)).collect();
        let embeddings: Vec<Vec<f32>> = rows(40).collect();
        let total = |embeddings: &[Vec<f32>]| {
            let (Loss { embedding, relation, .. }, _) = compare(embeddings, &expected);
            f64::from(embedding + RELATION * relation)
        };
        let (_, gradients) = compare(&embeddings, &expected);
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

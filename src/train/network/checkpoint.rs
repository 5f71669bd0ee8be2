//! Checkpoints: a distillation in a file, from which it can resume.

use std::collections::HashMap;
use std::path::Path;

use super::adamw::Adam;
use super::distillation::Lesson;
use super::error::NetworkTrainingError;
use crate::network::import::read_checkpoint;
use crate::network::{NamedTensor, NetworkError, write_safetensors};

/// Name of the tensor with the number of steps and the identifying numbers.
const STEPS: &str = "steps";

/// Trained values, with the state of their optimizer.
pub(super) struct Learned<'a> {
    pub(super) prefix: &'a str,
    pub(super) values: &'a mut [Vec<f32>],
    pub(super) optimiser: &'a mut Adam,
}

impl Learned<'_> {
    /// Returns every vector of numbers with its name.
    fn parts(&mut self) -> Vec<(String, &mut Vec<f32>)> {
        let prefix = self.prefix;
        let name = |part: &str, at: usize| format!("{prefix}.{at}.{part}");
        let values = self.values.iter_mut().enumerate();
        let values = values.map(|(at, values)| (name("value", at), values));
        let moments = self.optimiser.moments_mut().iter_mut().enumerate();
        let moments = moments.flat_map(|(at, [mean, square])| {
            [(name("mean", at), mean), (name("square", at), square)]
        });
        values.chain(moments).collect()
    }
}

impl Lesson {
    /// Writes the state of the distillation to a file, atomically.
    ///
    /// `about` identifies the training by integers below 2²⁴. [`Self::resume`] compares them.
    ///
    /// # Errors
    /// [`NetworkError::Unwritable`] if the file cannot be written.
    pub fn save(&mut self, path: &Path, about: &[u32]) -> Result<(), NetworkError> {
        // An integer below 2²⁴ is exact in f32.
        let mut steps = vec![self.student().steps() as f32];
        steps.extend(about.iter().map(|&number| number as f32));
        let shape = vec![steps.len()];
        let mut tensors = vec![NamedTensor { name: STEPS.into(), shape, values: steps }];
        for mut learned in self.learned() {
            tensors.extend(learned.parts().into_iter().map(|(name, values)| NamedTensor {
                name,
                shape: vec![values.len()],
                values: values.clone(),
            }));
        }
        write_safetensors(path, &tensors)
    }

    /// Resumes from a file that [`Self::save`] wrote.
    ///
    /// # Errors
    /// - [`NetworkError::Unreadable`] or another error of [`read_checkpoint`] if the file cannot be read.
    /// - [`NetworkError::MissingTensor`] if it belongs to a student of another size.
    /// - [`NetworkTrainingError::OtherTraining`] if `about` differs.
    pub fn resume(&mut self, path: &Path, about: &[u32]) -> Result<(), NetworkTrainingError> {
        let tensors = read_checkpoint(path)?.tensors;
        let mut tensors: HashMap<String, Vec<f32>> =
            tensors.into_iter().map(|tensor| (tensor.name, tensor.values)).collect();
        let mut take = |name: &str, len: usize| {
            let found = tensors.remove(name).filter(|values| values.len() == len);
            found.ok_or_else(|| NetworkError::MissingTensor {
                path: path.to_owned(),
                tensor: name.to_owned(),
                expected: vec![len],
            })
        };
        let steps = take(STEPS, 1 + about.len())?;
        if steps[1..].iter().zip(about).any(|(found, &own)| *found != own as f32) {
            return Err(NetworkTrainingError::OtherTraining { path: path.to_owned() });
        }
        let steps = steps[0] as usize;
        for mut learned in self.learned() {
            for (name, values) in learned.parts() {
                *values = take(&name, values.len())?;
            }
            learned.optimiser.set_steps(steps);
        }
        self.set_steps(steps);
        Ok(())
    }
}

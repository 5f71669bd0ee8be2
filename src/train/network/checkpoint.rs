//! Checkpoints: named values of a training run in a file, from which it can resume.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::adamw::Adam;
use crate::network::import::read_checkpoint;
use crate::network::{NamedTensor, NetworkError, write_safetensors};

/// Trained values, with the state of their optimizer.
pub(super) struct TrainingState<'a> {
    pub(super) prefix: &'a str,
    pub(super) values: &'a mut [Vec<f32>],
    pub(super) optimizer: &'a mut Adam,
}

/// A vector of numbers with its name in a checkpoint.
struct NamedValues<'a> {
    name: String,
    values: &'a mut Vec<f32>,
}

impl TrainingState<'_> {
    /// Returns the values, then the means and mean squares of their gradients.
    fn named_values(&mut self) -> Vec<NamedValues<'_>> {
        let prefix = self.prefix;
        let mut all = Vec::new();
        for (i, values) in self.values.iter_mut().enumerate() {
            all.push(NamedValues { name: format!("{prefix}.{i}.value"), values });
        }
        for (i, [mean, square]) in self.optimizer.moments_mut().iter_mut().enumerate() {
            all.push(NamedValues { name: format!("{prefix}.{i}.mean"), values: mean });
            all.push(NamedValues { name: format!("{prefix}.{i}.square"), values: square });
        }
        all
    }

    /// Adds the state to a file to be written.
    pub(super) fn save(&mut self, writer: &mut StateWriter) {
        for NamedValues { name, values } in self.named_values() {
            writer.add(name, values.clone());
        }
    }

    /// Takes the state over from a file after `steps` steps.
    ///
    /// # Errors
    /// [`NetworkError::MissingTensor`] if the file has no values of equal number.
    pub(super) fn restore(
        &mut self,
        file: &mut StateFile,
        steps: usize,
    ) -> Result<(), NetworkError> {
        for NamedValues { name, values } in self.named_values() {
            *values = file.take(&name, values.len())?;
        }
        self.optimizer.set_steps(steps);
        Ok(())
    }
}

/// A list of named values to be written.
#[derive(Default)]
pub(super) struct StateWriter {
    tensors: Vec<NamedTensor>,
}

impl StateWriter {
    /// Adds the vector `name`.
    pub(super) fn add(&mut self, name: String, values: Vec<f32>) {
        self.tensors.push(NamedTensor { name, shape: vec![values.len()], values });
    }

    /// Writes all vectors to a file, atomically.
    ///
    /// # Errors
    /// [`NetworkError::Unwritable`] if the file cannot be written.
    pub(super) fn write(&self, path: &Path) -> Result<(), NetworkError> {
        write_safetensors(path, &self.tensors)
    }
}

/// The named values in a file.
pub(super) struct StateFile {
    path: PathBuf,
    values: HashMap<String, Vec<f32>>,
}

impl StateFile {
    /// Reads a file that [`StateWriter::write`] wrote.
    ///
    /// # Errors
    /// As [`read_checkpoint`].
    pub(super) fn read(path: &Path) -> Result<Self, NetworkError> {
        let tensors = read_checkpoint(path)?.tensors;
        let values = tensors.into_iter().map(|tensor| (tensor.name, tensor.values)).collect();
        Ok(Self { path: path.to_owned(), values })
    }

    /// Removes the vector `name` of `len` values.
    ///
    /// # Errors
    /// [`NetworkError::MissingTensor`] if there is no such vector.
    pub(super) fn take(&mut self, name: &str, len: usize) -> Result<Vec<f32>, NetworkError> {
        let found = self.values.remove(name).filter(|values| values.len() == len);
        found.ok_or_else(|| NetworkError::MissingTensor {
            path: self.path.clone(),
            tensor: name.to_owned(),
            expected: vec![len],
        })
    }
}

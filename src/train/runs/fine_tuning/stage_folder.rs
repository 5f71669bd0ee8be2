//! Epochs of an unfrozen stage on disk. A stopped training run resumes from them.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::kinship::{Head, HeadConfig, read_head, serialize_heads};
use crate::network::import::read_checkpoint;
use crate::network::{NamedTensor, write_safetensors};
use crate::train::error::TrainError;
use crate::train::runs::work_folder::{
    create_folder, has_sha256, sha256_hex, sha256_of_file, write_file,
};

/// Metrics of an epoch of an unfrozen stage, on the validation families.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageEpoch {
    /// Mean loss of the training batches, in nats. `None` for the frozen stage, which is epoch 0.
    pub loss: Option<f64>,
    /// Area under the ROC of the embeddings' cosine.
    pub cosine_auc: f64,
    /// Area under the ROC of the head that is trained with the stage.
    pub head_auc: f64,
}

/// Folder of one stage's epochs. It has the weights of the best and of the last epoch.
pub(super) struct StageFolder {
    folder: PathBuf,
}

/// Epoch with the SHA-256 of its files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SavedEpoch {
    #[serde(rename = "figures")]
    pub(super) metrics: StageEpoch,
    stage: String,
    head: String,
}

/// Returns the first epoch with the greatest mean of both areas.
///
/// Returns 0 if no epoch beats the frozen stage.
pub(super) fn best(epochs: &[SavedEpoch]) -> usize {
    let sums: Vec<f64> =
        epochs.iter().map(|epoch| epoch.metrics.cosine_auc + epoch.metrics.head_auc).collect();
    (1..sums.len()).fold(0, |best, i| if sums[i] > sums[best] { i } else { best })
}

impl StageFolder {
    /// Opens the folder in `work` for the training run with these `settings`.
    pub(super) fn open(work: &Path, settings: &impl Serialize) -> Result<Self, TrainError> {
        Ok(Self { folder: create_folder(work, "stage", settings)? })
    }

    /// Returns the stored epochs.
    ///
    /// The list is empty if there are none, or if files of the best or the last one are damaged.
    pub(super) fn epochs(&self) -> Vec<SavedEpoch> {
        let record = fs::read(self.folder.join("epochs.json")).unwrap_or_default();
        let epochs: Vec<SavedEpoch> = serde_json::from_slice(&record).unwrap_or_default();
        let Some(last) = epochs.len().checked_sub(1) else { return Vec::new() };
        let is_usable = [last, best(&epochs)].iter().all(|&i| self.is_intact(i, &epochs[i]));
        if is_usable { epochs } else { Vec::new() }
    }

    fn is_intact(&self, i: usize, epoch: &SavedEpoch) -> bool {
        has_sha256(&self.stage(i), &epoch.stage) && has_sha256(&self.head(i), &epoch.head)
    }

    /// Adds an epoch to the stored ones.
    pub(super) fn add(
        &self,
        epochs: &mut Vec<SavedEpoch>,
        metrics: StageEpoch,
        stage: &[NamedTensor],
        head: &Head,
    ) -> Result<(), TrainError> {
        let i = epochs.len();
        write_safetensors(&self.stage(i), stage)?;
        let stage = sha256_of_file(&self.stage(i))?;
        let head = serialize_heads([("head", head)])?;
        write_file(&self.head(i), &head)?;
        epochs.push(SavedEpoch { metrics, stage, head: sha256_hex(&head) });
        let record = serde_json::to_vec(epochs).expect("plain data becomes JSON");
        write_file(&self.folder.join("epochs.json"), &record)?;
        for old in (0..i).filter(|&old| old != best(epochs)) {
            // Only the files of the previous epoch can still exist.
            let _ = (fs::remove_file(self.stage(old)), fs::remove_file(self.head(old)));
        }
        Ok(())
    }

    /// Reads the stage's weights of an epoch.
    pub(super) fn read_stage(&self, i: usize) -> Result<Vec<NamedTensor>, TrainError> {
        Ok(read_checkpoint(&self.stage(i))?.tensors)
    }

    /// Reads the head of an epoch.
    pub(super) fn read_head(
        &self,
        i: usize,
        config: &HeadConfig,
        dimension: usize,
    ) -> Result<Head, TrainError> {
        let path = self.head(i);
        let weights = fs::read(&path).map_err(|source| TrainError::Unreadable { path, source })?;
        Ok(read_head("head", config, dimension, &weights)?)
    }

    fn stage(&self, i: usize) -> PathBuf {
        self.folder.join(format!("{i}.safetensors"))
    }

    fn head(&self, i: usize) -> PathBuf {
        self.folder.join(format!("{i}-head.safetensors"))
    }
}

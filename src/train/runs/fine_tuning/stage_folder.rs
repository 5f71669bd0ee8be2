//! Epochs of an unfrozen stage on disk. A stopped training run resumes from them.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::atomic_file::write_atomically;
use crate::kinship::{Head, HeadConfig, read_head, serialize_heads};
use crate::network::import::read_checkpoint;
use crate::network::{NamedTensor, write_safetensors};
use crate::train::error::TrainError;
use crate::train::runs::ensemble::checkpoint::{hex, unwritable};

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
pub(crate) struct StageFolder {
    folder: PathBuf,
}

/// Epoch with the SHA-256 of its files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SavedEpoch {
    pub(crate) figures: StageEpoch,
    stage: String,
    head: String,
}

/// Returns the first epoch with the greatest mean of both areas.
///
/// Returns 0 if no epoch beats the frozen stage.
pub(crate) fn best(epochs: &[SavedEpoch]) -> usize {
    let merit = |at: usize| epochs[at].figures.cosine_auc + epochs[at].figures.head_auc;
    (1..epochs.len()).fold(0, |best, at| if merit(at) > merit(best) { at } else { best })
}

impl StageFolder {
    /// Opens the folder in `work` for the training run with these `settings`.
    pub(crate) fn open(work: &Path, settings: &impl Serialize) -> Result<Self, TrainError> {
        let text = serde_json::to_vec(settings).expect("plain data becomes JSON");
        let folder = work.join(format!("stage-{}", &hex(&text)[..12]));
        fs::create_dir_all(&folder).map_err(unwritable(&folder))?;
        Ok(Self { folder })
    }

    /// Returns the stored epochs.
    ///
    /// The list is empty if there are none, or if files of the best or the last one are damaged.
    pub(crate) fn epochs(&self) -> Vec<SavedEpoch> {
        let record = fs::read(self.folder.join("epochs.json")).unwrap_or_default();
        let epochs: Vec<SavedEpoch> = serde_json::from_slice(&record).unwrap_or_default();
        let is_whole = |at: usize| {
            let is = |path: PathBuf, sha256: &str| fs::read(path).is_ok_and(|b| hex(&b) == sha256);
            is(self.stage(at), &epochs[at].stage) && is(self.head(at), &epochs[at].head)
        };
        let counts = !epochs.is_empty() && is_whole(epochs.len() - 1) && is_whole(best(&epochs));
        if counts { epochs } else { Vec::new() }
    }

    /// Adds an epoch to the stored ones.
    pub(crate) fn add(
        &self,
        epochs: &mut Vec<SavedEpoch>,
        figures: StageEpoch,
        stage: &[NamedTensor],
        head: &Head,
    ) -> Result<(), TrainError> {
        let at = epochs.len();
        write_safetensors(&self.stage(at), stage)?;
        let bytes = fs::read(self.stage(at)).map_err(unwritable(&self.stage(at)))?;
        let head = serialize_heads([("head", head)])?;
        let path = self.head(at);
        write_atomically(&path, |path| fs::write(path, &head)).map_err(unwritable(&path))?;
        epochs.push(SavedEpoch { figures, stage: hex(&bytes), head: hex(&head) });
        let record = serde_json::to_vec(epochs).expect("plain data becomes JSON");
        let path = self.folder.join("epochs.json");
        write_atomically(&path, |path| fs::write(path, record)).map_err(unwritable(&path))?;
        for old in (0..at).filter(|&old| old != best(epochs)) {
            // Only the files of the previous epoch can still exist.
            let _ = (fs::remove_file(self.stage(old)), fs::remove_file(self.head(old)));
        }
        Ok(())
    }

    /// Reads the stage's weights of an epoch.
    pub(crate) fn read_stage(&self, at: usize) -> Result<Vec<NamedTensor>, TrainError> {
        Ok(read_checkpoint(&self.stage(at))?.tensors)
    }

    /// Reads the head of an epoch.
    pub(crate) fn read_head(
        &self,
        at: usize,
        config: &HeadConfig,
        dimension: usize,
    ) -> Result<Head, TrainError> {
        let path = self.head(at);
        let weights = fs::read(&path).map_err(|source| TrainError::Unreadable { path, source })?;
        Ok(read_head("head", config, dimension, &weights)?)
    }

    fn stage(&self, at: usize) -> PathBuf {
        self.folder.join(format!("{at}.safetensors"))
    }

    fn head(&self, at: usize) -> PathBuf {
        self.folder.join(format!("{at}-head.safetensors"))
    }
}

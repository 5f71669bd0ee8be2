//! Trained members on disk. A stopped training run resumes from them.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::early_stopping::{Epoch, TrainedHead};
use super::options::EnsembleOptions;
use crate::kinship::{HeadConfig, read_head, serialize_heads};
use crate::train::data::corpus::Corpus;
use crate::train::error::TrainError;
use crate::train::runs::work_folder::{create_folder, sha256_hex, write_file};

/// Settings that determine the members. Checkpoints of other settings are left untouched.
#[derive(Serialize)]
pub(super) struct MemberSettings<'a> {
    version: u32,
    seed: u64,
    folds: usize,
    embeddings: &'a str,
    photos: Vec<String>,
    kin: Vec<[usize; 2]>,
    #[serde(skip_serializing_if = "<[usize]>::is_empty")]
    seen: &'a [usize],
}

impl<'a> MemberSettings<'a> {
    /// Returns the settings of a training run on `corpus`.
    pub(super) fn new(corpus: &'a Corpus, options: &EnsembleOptions) -> Self {
        Self {
            version: 3,
            seed: options.seed,
            folds: options.folds,
            embeddings: &corpus.digest,
            photos: corpus.pedigree.photos().iter().map(ToString::to_string).collect(),
            kin: corpus.pedigree.kin().iter().map(|kin| kin.people).collect(),
            seen: &corpus.seen,
        }
    }
}

/// Folder of the members of one training run.
///
/// A run with other photos or settings has another folder.
pub(super) struct Checkpoints {
    folder: PathBuf,
}

/// Stored metadata of a trained member. Its weights have a separate file.
#[derive(Serialize, Deserialize)]
struct Record {
    epochs: Vec<Epoch>,
    sha256: String,
}

impl Checkpoints {
    /// Opens the folder in `work` for the training run with these `settings`.
    pub(super) fn open(work: &Path, settings: &MemberSettings<'_>) -> Result<Self, TrainError> {
        Ok(Self { folder: create_folder(work, "members", settings)? })
    }

    /// Reads a stored member. Returns `None` if it is not stored or its files are damaged.
    pub(super) fn read(
        &self,
        name: &str,
        config: &HeadConfig,
        dimension: usize,
    ) -> Option<TrainedHead> {
        let record = fs::read(self.folder.join(format!("{name}.json"))).ok()?;
        let record: Record = serde_json::from_slice(&record).ok()?;
        let weights = fs::read(self.folder.join(format!("{name}.safetensors"))).ok()?;
        if sha256_hex(&weights) != record.sha256 {
            return None;
        }
        let head = read_head("member", config, dimension, &weights).ok()?;
        Some(TrainedHead { head, epochs: record.epochs })
    }

    /// Stores a trained member.
    pub(super) fn write(&self, name: &str, trained: &TrainedHead) -> Result<(), TrainError> {
        let weights = serialize_heads([("member", &trained.head)])?;
        let record = Record { epochs: trained.epochs.clone(), sha256: sha256_hex(&weights) };
        let record = serde_json::to_vec(&record).expect("plain data becomes JSON");
        write_file(&self.folder.join(format!("{name}.safetensors")), &weights)?;
        write_file(&self.folder.join(format!("{name}.json")), &record)
    }
}

//! Trained members on disk. A stopped training run resumes from them.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::early_stopping::Epoch;
use crate::atomic_file::write_atomically;
use crate::kinship::{Head, HeadConfig, read_head, serialize_heads};
use crate::train::Options;
use crate::train::data::corpus::Corpus;
use crate::train::error::TrainError;

/// Settings that determine the members. Checkpoints of other settings are left untouched.
#[derive(Serialize)]
pub(crate) struct Settings<'a> {
    version: u32,
    seed: u64,
    folds: usize,
    embeddings: &'a str,
    photos: Vec<String>,
    kin: Vec<[usize; 2]>,
    #[serde(skip_serializing_if = "<[usize]>::is_empty")]
    seen: &'a [usize],
}

impl<'a> Settings<'a> {
    /// Returns the settings of a training run on `corpus`.
    pub(crate) fn new(corpus: &'a Corpus, options: &Options) -> Self {
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
pub(crate) struct Checkpoints {
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
    pub(crate) fn open(work: &Path, settings: &impl Serialize) -> Result<Self, TrainError> {
        let text = serde_json::to_vec(settings).expect("plain data becomes JSON");
        let folder = work.join(format!("members-{}", &hex(&text)[..12]));
        fs::create_dir_all(&folder).map_err(unwritable(&folder))?;
        Ok(Self { folder })
    }

    /// Reads a stored member. Returns `None` if it is not stored or its files are damaged.
    pub(crate) fn read(
        &self,
        name: &str,
        config: &HeadConfig,
        dimension: usize,
    ) -> Option<(Head, Vec<Epoch>)> {
        let record = fs::read(self.folder.join(format!("{name}.json"))).ok()?;
        let record: Record = serde_json::from_slice(&record).ok()?;
        let weights = fs::read(self.folder.join(format!("{name}.safetensors"))).ok()?;
        if hex(&weights) != record.sha256 {
            return None;
        }
        Some((read_head("member", config, dimension, &weights).ok()?, record.epochs))
    }

    /// Stores a trained member.
    pub(crate) fn write(
        &self,
        name: &str,
        head: &Head,
        epochs: &[Epoch],
    ) -> Result<(), TrainError> {
        let weights = serialize_heads([("member", head)])?;
        let record = Record { epochs: epochs.to_vec(), sha256: hex(&weights) };
        let record = serde_json::to_vec(&record).expect("plain data becomes JSON");
        for (extension, bytes) in [("safetensors", weights), ("json", record)] {
            let path = self.folder.join(format!("{name}.{extension}"));
            write_atomically(&path, |path| fs::write(path, bytes)).map_err(unwritable(&path))?;
        }
        Ok(())
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn unwritable(path: &Path) -> impl FnOnce(std::io::Error) -> TrainError {
    let path = path.to_owned();
    move |source| TrainError::Unwritable { path, source }
}

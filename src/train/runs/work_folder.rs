//! Folders of intermediate results. A stopped training run resumes from them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::atomic_file::write_atomically;
use crate::train::error::TrainError;

/// Digits of the settings' hash in the name of a folder.
const HASH_DIGITS: usize = 12;

/// Creates the folder of a training run in `work`, and returns its path.
///
/// Its name is `prefix` with a hash of the settings. A run with other settings has another folder.
pub(super) fn create_folder(
    work: &Path,
    prefix: &str,
    settings: &impl Serialize,
) -> Result<PathBuf, TrainError> {
    let text = serde_json::to_vec(settings).expect("plain data becomes JSON");
    let folder = work.join(format!("{prefix}-{}", &sha256_hex(&text)[..HASH_DIGITS]));
    fs::create_dir_all(&folder).map_err(unwritable(&folder))?;
    Ok(folder)
}

/// Writes a file atomically.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    write_atomically(path, |path| fs::write(path, bytes)).map_err(unwritable(path))
}

/// Returns the SHA-256 of a file that was just written.
pub(super) fn sha256_of_file(path: &Path) -> Result<String, TrainError> {
    Ok(sha256_hex(&fs::read(path).map_err(unwritable(path))?))
}

/// Returns whether a file exists with this SHA-256.
pub(super) fn has_sha256(path: &Path, sha256: &str) -> bool {
    fs::read(path).is_ok_and(|bytes| sha256_hex(&bytes) == sha256)
}

/// Returns the SHA-256 in hexadecimal.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> TrainError {
    let path = path.to_owned();
    move |source| TrainError::Unwritable { path, source }
}

//! Folder under construction.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::error::SynthesisError;

/// Hidden folder next to its target, renamed to the target once it is complete.
///
/// It leaves nothing if it is dropped earlier.
pub(super) struct StagingFolder {
    target: PathBuf,
    unfinished: PathBuf,
}

impl StagingFolder {
    /// Creates the hidden folder for `target`, which may be an empty folder.
    pub(super) fn new(target: &Path) -> Result<Self, SynthesisError> {
        if target.exists() && !is_empty(target) {
            return Err(SynthesisError::NotEmpty { path: target.to_owned() });
        }
        let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // The folder is on the same disk, under a name that no other process uses.
        let unfinished =
            target.with_file_name(format!(".{name}.unfinished-{}", std::process::id()));
        fs::create_dir_all(&unfinished).map_err(unwritable(&unfinished))?;
        Ok(Self { target: target.to_owned(), unfinished })
    }

    /// Returns the path of an entry in the hidden folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.unfinished.join(name)
    }

    /// Creates a subfolder.
    pub(super) fn create(&self, name: &str) -> Result<(), SynthesisError> {
        let path = self.path(name);
        fs::create_dir_all(&path).map_err(unwritable(&path))
    }

    /// Writes a file into the folder.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), SynthesisError> {
        let path = self.path(name);
        fs::write(&path, bytes).map_err(unwritable(&path))
    }

    /// Renames the complete folder to its target.
    pub(super) fn finish(self) -> Result<(), SynthesisError> {
        fs::rename(&self.unfinished, &self.target).map_err(unwritable(&self.target))
    }
}

impl Drop for StagingFolder {
    fn drop(&mut self) {
        // A finished folder no longer has this path. An unfinished one is of no use.
        let _ = fs::remove_dir_all(&self.unfinished);
    }
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

fn unwritable(path: &Path) -> impl Fn(io::Error) -> SynthesisError {
    move |source| SynthesisError::Unwritable { path: path.to_owned(), source }
}

//! A folder that is being filled.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::SynthesisError;

/// A hidden folder beside the one that it becomes when it is whole; dropped before, it leaves nothing.
pub(super) struct Folder {
    target: PathBuf,
    unfinished: PathBuf,
}

impl Folder {
    /// Begins the folder that is to be at `target`, where there may be an empty one.
    pub(super) fn new(target: &Path) -> Result<Self, SynthesisError> {
        let is_empty =
            |path: &Path| fs::read_dir(path).is_ok_and(|mut found| found.next().is_none());
        if target.exists() && !is_empty(target) {
            return Err(SynthesisError::NotEmpty { path: target.to_owned() });
        }
        let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // On the same disk, under a name that no other process uses.
        let unfinished =
            target.with_file_name(format!(".{name}.unfinished-{}", std::process::id()));
        fs::create_dir_all(&unfinished).map_err(unwritable(&unfinished))?;
        Ok(Self { target: target.to_owned(), unfinished })
    }

    /// Where something is until the folder is whole.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.unfinished.join(name)
    }

    /// Makes a folder in it.
    pub(super) fn create(&self, name: &str) -> Result<(), SynthesisError> {
        let path = self.path(name);
        fs::create_dir_all(&path).map_err(unwritable(&path))
    }

    /// Writes a file into it.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), SynthesisError> {
        let path = self.path(name);
        fs::write(&path, bytes).map_err(unwritable(&path))
    }

    /// The folder is whole and takes its place.
    pub(super) fn finish(self) -> Result<(), SynthesisError> {
        fs::rename(&self.unfinished, &self.target).map_err(unwritable(&self.target))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Gone already where it was finished; where it was not, what is left is of no use.
        let _ = fs::remove_dir_all(&self.unfinished);
    }
}

fn unwritable(path: &Path) -> impl Fn(io::Error) -> SynthesisError {
    let path = path.to_owned();
    move |source| SynthesisError::Unwritable { path: path.clone(), source }
}

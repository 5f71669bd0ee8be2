//! Files that a command writes for its user.

use std::fs;
use std::path::Path;

use super::exit::Failure;
use crate::error::io_kind;
use crate::whole_file::write_whole;

/// Writes a file, which is there only once it is whole.
pub(super) fn write_output(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_whole(file, |path| fs::write(path, bytes)).map_err(|error| {
        Failure::new(io_kind(&error), format!("cannot write {}: {error}", file.display()))
    })
}

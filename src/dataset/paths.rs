//! CSV lists of photos.

use std::io;
use std::path::Path;

use super::DatasetError;
use crate::atomic_file::write_atomically;

/// Writes a CSV file with the header `path` and one line a photo, atomically.
///
/// # Errors
/// [`DatasetError::Unwritable`] if it cannot be written.
pub fn write_paths(file: &Path, photos: &[String]) -> Result<(), DatasetError> {
    write_atomically(file, |path| write(path, photos)).map_err(DatasetError::unwritable(file))
}

fn write(file: &Path, photos: &[String]) -> io::Result<()> {
    let mut writer = csv::Writer::from_path(file)?;
    writer.write_record(["path"])?;
    photos.iter().try_for_each(|photo| writer.write_record([photo]))?;
    writer.flush()
}

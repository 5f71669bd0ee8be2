//! Folder of photos.

use std::path::PathBuf;

use crate::cli::exit::Failure;
use crate::dataset::Source;

#[derive(clap::Args)]
pub(crate) struct PhotosArgs {
    /// Folder or zip archive of photos
    ///
    /// Families have one folder each, and in it one per person: F0001/MID1/photo.jpg.
    /// Paths in lists are relative to this folder.
    #[arg(long, value_name = "DIR", env = "KINDRED_PHOTOS")]
    pub(crate) photos: PathBuf,
}

impl PhotosArgs {
    /// Opens the folder or archive.
    pub(crate) fn open(&self) -> Result<Source, Failure> {
        Ok(Source::open(&self.photos)?)
    }
}

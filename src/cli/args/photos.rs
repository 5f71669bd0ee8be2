//! Folder of photos.

use std::path::PathBuf;

use crate::cli::exit::Failure;
use crate::dataset::Source;

#[derive(clap::Args)]
pub(in crate::cli) struct PhotosArgs {
    /// Folder or zip archive of photos
    ///
    /// Families have one folder each, and in it one per person: F0001/MID1/photo.jpg.
    /// Paths in lists are relative to this folder.
    #[arg(long, value_name = "DIR", env = "KINDRED_PHOTOS")]
    pub(in crate::cli) photos: PathBuf,
}

impl PhotosArgs {
    /// Opens the folder or archive.
    pub(in crate::cli) fn open(&self) -> Result<Source, Failure> {
        Ok(Source::open(&self.photos)?)
    }
}

//! A gallery and its bundle: options of every command that searches.

use std::path::PathBuf;

use clap::Args;

use super::compute::Compute;
use super::exit::Failure;
use crate::bundle::Bundle;
use crate::gallery::{EmbeddedGallery, Gallery, VectorPrecision};

#[derive(Args)]
pub(super) struct Opened {
    /// Folder of the gallery
    #[arg(long)]
    pub(super) gallery: PathBuf,
    /// Folder of the model bundle, if it has moved since the gallery was created
    #[arg(long, value_name = "BUNDLE")]
    pub(super) model: Option<PathBuf>,
    /// Store embeddings in memory as 16-bit floats, instead of mapping files of up to twice the size; results are
    /// scored by the stored embeddings
    #[arg(long)]
    pub(super) half_precision: bool,
    #[command(flatten)]
    pub(super) compute: Compute,
}

impl Opened {
    /// Opens the gallery and loads the bundle.
    pub(super) fn open(&self) -> Result<(Box<dyn Gallery>, Bundle), Failure> {
        let precision =
            if self.half_precision { VectorPrecision::Half } else { VectorPrecision::Full };
        let gallery = EmbeddedGallery::open(&self.gallery)?.with_precision(precision);
        let bundle = self.model.as_deref().unwrap_or(gallery.bundle());
        let loaded = self.compute.load(bundle).map_err(|error| {
            let failure = Failure::from(error);
            if self.model.is_some() {
                return failure;
            }
            let hint = format!("{failure} (name the gallery's bundle with --model)");
            Failure::new(failure.kind(), hint)
        })?;
        gallery.check_bundle(loaded.space())?;
        Ok((Box::new(gallery), loaded))
    }
}

//! A gallery and its bundle: options of commands that search.

use std::path::PathBuf;

use super::compute::ComputeArgs;
use super::float_dtype::FloatDtype;
use crate::bundle::{Bundle, builtin_fingerprint};
use crate::cli::cache::builtin_bundle;
use crate::cli::exit::Failure;
use crate::gallery::{EmbeddedGallery, Gallery};

#[derive(clap::Args)]
pub(crate) struct GalleryFolderArgs {
    /// Folder of the gallery
    #[arg(long, value_name = "DIR", env = "KINDRED_GALLERY")]
    pub(crate) gallery: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct GalleryArgs {
    #[command(flatten)]
    pub(crate) folder: GalleryFolderArgs,
    /// Folder of the model bundle; default the gallery's
    #[arg(long, value_name = "BUNDLE", env = "KINDRED_MODEL")]
    pub(crate) model: Option<PathBuf>,
    /// Number format of the searched vectors in memory
    ///
    /// With f16 they are copied to memory. With f32 files of twice the size are mapped.
    /// Results are scored by the stored embeddings.
    #[arg(long, env = "KINDRED_VECTOR_DTYPE", default_value_t, value_enum, hide_short_help = true)]
    pub(crate) vector_dtype: FloatDtype,
    #[command(flatten)]
    pub(crate) compute: ComputeArgs,
}

impl GalleryArgs {
    /// Opens the gallery and loads the bundle.
    pub(crate) fn open(&self) -> Result<(Box<dyn Gallery>, Bundle), Failure> {
        let gallery = EmbeddedGallery::open(&self.folder.gallery)?;
        let gallery = gallery.with_precision(self.vector_dtype.into());
        let folder = self.bundle_folder(&gallery)?;
        let bundle = self.compute.load(&folder).map_err(|error| {
            let failure = Failure::from(error);
            match self.model {
                Some(_) => failure,
                None => failure.with_hint("name the gallery's bundle with --model"),
            }
        })?;
        gallery.check_bundle(bundle.space())?;
        Ok((Box::new(gallery), bundle))
    }

    /// Returns the folder of the bundle.
    ///
    /// The built-in bundle is written again if it is the gallery's and its folder is gone.
    fn bundle_folder(&self, gallery: &dyn Gallery) -> Result<PathBuf, Failure> {
        let folder = self.model.as_deref().unwrap_or(gallery.bundle());
        let is_missing = self.model.is_none() && !folder.exists();
        if is_missing && gallery.space().fingerprint == builtin_fingerprint() {
            return builtin_bundle();
        }
        Ok(folder.to_owned())
    }
}

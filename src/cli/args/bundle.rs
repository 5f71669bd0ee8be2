//! Model bundle of commands that open no gallery.

use std::path::PathBuf;

use super::compute::ComputeArgs;
use crate::bundle::Bundle;
use crate::cli::cache::builtin_bundle;
use crate::cli::exit::Failure;

#[derive(clap::Args)]
pub(crate) struct ModelArgs {
    /// Folder of the model bundle; default the built-in one
    #[arg(long, value_name = "BUNDLE", env = "KINDRED_MODEL")]
    model: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(crate) struct BundleArgs {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    compute: ComputeArgs,
}

impl ModelArgs {
    /// Returns the folder of the bundle. Writes the built-in one into the cache if necessary.
    pub(crate) fn folder(&self) -> Result<PathBuf, Failure> {
        match &self.model {
            Some(model) => Ok(model.clone()),
            None => builtin_bundle(),
        }
    }
}

impl BundleArgs {
    /// Returns the folder of the bundle.
    pub(crate) fn folder(&self) -> Result<PathBuf, Failure> {
        self.model.folder()
    }

    /// Loads the bundle onto the device.
    pub(crate) fn load(&self) -> Result<Bundle, Failure> {
        Ok(self.compute.load(&self.folder()?)?)
    }
}

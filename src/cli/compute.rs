//! What the backbones run on: options of every command that embeds.

use std::path::Path;

use clap::Args;

use crate::backbone::{Device, Precision};
use crate::embedder::{Embedder, EmbedderError};

#[derive(Args)]
pub(super) struct Compute {
    /// What embeds: cpu, cuda:N, or auto for a GPU where there is one
    #[arg(long, default_value_t)]
    pub(super) device: Device,
    /// Numbers to compute with: f32, and on a GPU bf16 or f16
    #[arg(long, default_value_t)]
    pub(super) precision: Precision,
}

impl Compute {
    /// Loads a bundle onto the device.
    pub(super) fn load(&self, bundle: &Path) -> Result<Embedder, EmbedderError> {
        Embedder::load(bundle, self.device, self.precision)
    }
}

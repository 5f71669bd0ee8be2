//! Compute device of the backbones: options of every command that embeds.

use std::path::Path;

use clap::Args;

use crate::bundle::{Bundle, BundleError};
use crate::engine::{Device, Precision};

#[derive(Args)]
pub(super) struct Compute {
    /// Device: cpu, cuda:N, or auto for a GPU if available
    #[arg(long, default_value_t)]
    pub(super) device: Device,
    /// Number format: f32, and on a GPU bf16 or f16
    #[arg(long, default_value_t)]
    pub(super) precision: Precision,
}

impl Compute {
    /// Loads a bundle onto the device.
    pub(super) fn load(&self, bundle: &Path) -> Result<Bundle, BundleError> {
        Bundle::load(bundle, self.device, self.precision)
    }
}

//! Compute device of the backbones.

use std::path::Path;

use crate::bundle::{Bundle, BundleError};
use crate::engine::{Device, Precision};

#[derive(clap::Args)]
pub(crate) struct DeviceArgs {
    /// Device: cpu, cuda:N, or auto for a GPU if available
    #[arg(long, env = "KINDRED_DEVICE", default_value_t)]
    pub(crate) device: Device,
}

#[derive(clap::Args)]
pub(crate) struct ComputeArgs {
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
    /// Number format: f32, and on a GPU bf16 or f16
    #[arg(long, env = "KINDRED_PRECISION", default_value_t, hide_short_help = true)]
    pub(crate) precision: Precision,
}

impl ComputeArgs {
    /// Loads a bundle onto the device.
    pub(crate) fn load(&self, bundle: &Path) -> Result<Bundle, BundleError> {
        Bundle::load(bundle, self.device.device, self.precision)
    }
}

//! Compute device of the backbones.

use std::path::Path;

use crate::bundle::{Bundle, BundleError};
use crate::engine::{Device, Precision};

#[derive(clap::Args)]
pub(in crate::cli) struct DeviceArgs {
    /// Device: cpu, cuda:N, or auto for a GPU if available
    #[arg(long, env = "KINDRED_DEVICE", default_value_t)]
    pub(in crate::cli) device: Device,
}

#[derive(clap::Args)]
pub(in crate::cli) struct ComputeArgs {
    #[command(flatten)]
    pub(in crate::cli) device: DeviceArgs,
    /// Number format of the computation: f32, and on a GPU bf16 or f16
    #[arg(long, env = "KINDRED_PRECISION", default_value_t, hide_short_help = true)]
    pub(in crate::cli) precision: Precision,
}

impl ComputeArgs {
    /// Loads a bundle onto the device.
    pub(in crate::cli) fn load(&self, bundle: &Path) -> Result<Bundle, BundleError> {
        Bundle::load(bundle, self.device.device, self.precision)
    }
}

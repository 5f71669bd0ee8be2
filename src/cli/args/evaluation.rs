//! Options of evaluations that embed photos.

use super::bundle::BundleArgs;
use super::report::ReportArgs;
use super::seed::SeedArgs;

#[derive(clap::Args)]
pub(crate) struct EvaluationArgs {
    #[command(flatten)]
    pub(crate) bundle: BundleArgs,
    #[command(flatten)]
    pub(crate) seed: SeedArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

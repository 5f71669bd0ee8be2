//! Options of evaluations that embed photos.

use super::bundle::BundleArgs;
use super::report::ReportArgs;
use super::seed::SeedArgs;

#[derive(clap::Args)]
pub(in crate::cli) struct EvaluationArgs {
    #[command(flatten)]
    pub(in crate::cli) bundle: BundleArgs,
    #[command(flatten)]
    pub(in crate::cli) seed: SeedArgs,
    #[command(flatten)]
    pub(in crate::cli) report: ReportArgs,
}

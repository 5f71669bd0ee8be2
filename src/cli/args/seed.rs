//! Seed of random choices.

#[derive(clap::Args)]
pub(in crate::cli) struct SeedArgs {
    /// Seed of all random choices
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(in crate::cli) seed: u64,
}

//! Seed of random choices.

#[derive(clap::Args)]
pub(crate) struct SeedArgs {
    /// Seed of all random choices
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}

//! Format of a command's output.

use clap::ValueEnum;

/// Format of a command's output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

#[derive(clap::Args)]
pub(crate) struct FormatArgs {
    /// Format of the output
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: OutputFormat,
}

//! `kindred config`

use super::serve::settings::SettingsArgs;
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::line;
use crate::error::ErrorKind;

const EXAMPLES: &str = "\
Examples:
  kindred config --gallery my-gallery > kindred.toml
  KINDRED_AUDIT_DAYS=30 kindred config --config kindred.toml";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    settings: SettingsArgs,
}

/// Prints the effective settings, in the format of a settings file.
pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let text = toml::to_string(&args.settings.effective()?)
        .map_err(|error| Failure::new(ErrorKind::Internal, error.to_string()))?;
    line!("{}", text.trim_end());
    Ok(ExitStatus::Done)
}

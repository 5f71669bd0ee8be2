//! `kindred config`

use clap::Args;

use super::exit::{ExitStatus, Failure};
use super::output::line;
use super::settings::Given;
use crate::error::ErrorKind;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    given: Given,
}

/// Prints the effective settings, in the format of a settings file.
pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let text = toml::to_string(&arguments.given.settings()?)
        .map_err(|error| Failure::new(ErrorKind::Internal, error.to_string()))?;
    line!("{}", text.trim_end());
    Ok(ExitStatus::Done)
}

//! `kindred config`

use clap::Args;

use super::exit::{Ending, Failure};
use super::settings::Given;
use crate::error::ErrorKind;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    given: Given,
}

/// Prints the settings in force, as a file of settings has them.
#[expect(clippy::print_stdout, reason = "the settings are the command's output")]
pub(super) fn run(arguments: &Arguments) -> Result<Ending, Failure> {
    let text = toml::to_string(&arguments.given.settings()?);
    print!("{}", text.map_err(|error| Failure::new(ErrorKind::Internal, error.to_string()))?);
    Ok(Ending::Done)
}

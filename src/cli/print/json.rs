//! JSON on standard output.

use serde::Serialize;

use crate::cli::exit::Failure;
use crate::cli::output::line;
use crate::error::ErrorKind;

/// Prints a value as indented JSON.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value);
    line!("{}", text.map_err(|error| Failure::new(ErrorKind::Internal, error.to_string()))?);
    Ok(())
}

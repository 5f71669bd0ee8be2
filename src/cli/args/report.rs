//! File of metrics.

use std::path::PathBuf;

use serde::Serialize;

use crate::cli::exit::Failure;
use crate::cli::output::write_output;
use crate::error::ErrorKind;

#[derive(clap::Args)]
pub(crate) struct ReportArgs {
    /// JSON file of the metrics to write
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

impl ReportArgs {
    /// Writes the metrics to the file, if one is named.
    pub(crate) fn write(&self, metrics: &impl Serialize) -> Result<(), Failure> {
        let Some(file) = &self.report else { return Ok(()) };
        let text = serde_json::to_string_pretty(metrics)
            .map_err(|error| Failure::new(ErrorKind::Internal, error.to_string()))?;
        write_output(file, text.as_bytes())
    }
}

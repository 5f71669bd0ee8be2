//! Exit status of an evaluation.

use crate::cli::exit::ExitStatus;
use crate::cli::output::line;
use crate::ingest::Rejected;

/// Reports that the evaluation was stopped.
pub(super) fn stopped() -> ExitStatus {
    line!("stopped; nothing was measured");
    ExitStatus::Stopped
}

/// Returns the status of an evaluation that rejected some photos.
pub(super) fn status(rejected: &[Rejected]) -> ExitStatus {
    if rejected.is_empty() { ExitStatus::Done } else { ExitStatus::SomeRejected }
}

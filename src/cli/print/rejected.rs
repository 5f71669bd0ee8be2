//! Rejected photos as text.

use crate::cli::output::line;
use crate::ingest::Rejected;

/// Prints the rejected photos and the reasons.
pub(crate) fn print_rejected(rejected: &[Rejected]) {
    for Rejected { path, reason } in rejected {
        line!("rejected {}: {reason}", path.escape_debug());
    }
}

//! Progress reports and cancellation of long jobs.

/// The caller's side of a long job: it receives progress and can cancel the job.
///
/// Jobs call it from one thread at a time, often. Implementations decide how much of it they
/// display.
pub trait Progress {
    /// Begins the step `what` of `total` units. `unit` is their name (photos, heads …).
    ///
    /// `total` is 0 if it is not known.
    fn begin(&self, what: &str, total: u64, unit: &str);

    /// Reports that `units` more of the current step are done.
    fn advance(&self, units: u64);

    /// Reports `units` of the current step that an earlier run did. They do not count for this
    /// run's speed.
    fn resume(&self, units: u64) {
        self.advance(units);
    }

    /// Returns whether the job should stop at its next safe point.
    fn cancelled(&self) -> bool;
}

/// Result of a long job that its caller can cancel.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<T> {
    /// The job is done.
    Finished(T),
    /// The caller cancelled the job ([`Progress::cancelled`]).
    Cancelled,
}

/// Ignores all progress and never cancels.
pub struct NoProgress;

impl Progress for NoProgress {
    fn begin(&self, _what: &str, _total: u64, _unit: &str) {}

    fn advance(&self, _units: u64) {}

    fn cancelled(&self) -> bool {
        false
    }
}

//! How a long job tells its caller where it is, and hears that it should stop.

/// The caller's side of a long job: it is told of progress and asked whether to go on.
///
/// Jobs call it from one thread at a time, often; implementations decide how much of it a person sees.
pub trait Progress {
    /// A step named `what` begins, of `total` units, which are called `unit` (photos, heads …); 0 where it is not known
    /// how many.
    fn begin(&self, what: &str, total: u64, unit: &str);

    /// `units` more of the current step are done.
    fn advance(&self, units: u64);

    /// `units` of the current step were done by an earlier run; they say nothing of how fast this one is.
    fn resume(&self, units: u64) {
        self.advance(units);
    }

    /// Whether the job should stop at its next safe point.
    fn cancelled(&self) -> bool;
}

/// Nobody watches, and nobody stops the job.
pub struct Unwatched;

impl Progress for Unwatched {
    fn begin(&self, _what: &str, _total: u64, _unit: &str) {}

    fn advance(&self, _units: u64) {}

    fn cancelled(&self) -> bool {
        false
    }
}

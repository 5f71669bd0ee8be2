//! Background jobs: their records, progress and queue.

pub(super) mod job;
mod progress;
pub(super) mod queue;

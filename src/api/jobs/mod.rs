//! Background jobs: their records, progress, queue and execution.

pub(super) mod folder;
pub(super) mod job;
mod progress;
pub(super) mod queue;
pub(super) mod runner;

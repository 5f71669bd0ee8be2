//! Progress of the running job.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::job::Job;
use crate::domain::Progress;

/// Progress of a job, and its stop flag.
#[derive(Default)]
pub(in crate::api) struct JobProgress {
    total: AtomicU64,
    done: AtomicU64,
    /// Time at which the embedding of its photos began.
    began: Mutex<Option<Instant>>,
    /// Whether photos are being embedded. `false` once they are being linked.
    embeds: AtomicBool,
    pub(in crate::api) stop: AtomicBool,
}

impl JobProgress {
    /// Copies the progress into a job.
    pub(in crate::api) fn copy_to(&self, job: &mut Job) {
        job.photos.total = self.total.load(Ordering::Relaxed);
        job.photos.done = self.done.load(Ordering::Relaxed);
        let began = *self.began.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(began) = began.filter(|_| self.embeds.load(Ordering::Relaxed)) {
            job.photos_per_second =
                job.photos.done as f64 / began.elapsed().as_secs_f64().max(1e-3);
        }
    }
}

impl Progress for JobProgress {
    fn begin(&self, _what: &str, total: u64, unit: &str) {
        let mut began = self.began.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = began.is_none() && unit == "photos";
        self.embeds.store(is_first, Ordering::Relaxed);
        if is_first {
            *began = Some(Instant::now());
            self.total.store(total, Ordering::Relaxed);
        }
    }

    fn advance(&self, units: u64) {
        if self.embeds.load(Ordering::Relaxed) {
            self.done.fetch_add(units, Ordering::Relaxed);
        }
    }

    fn cancelled(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

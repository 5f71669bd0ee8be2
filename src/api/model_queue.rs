//! The model thread, which embeds photos in batches.
//!
//! Requests queue for this one thread. Photos that wait together are embedded together.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use tokio::sync::oneshot;

use super::metrics::Metrics;
use super::problem::Problem;
use crate::bundle::Bundle;
use crate::domain::{EmbeddedPhoto, EmbeddingSpace};
use crate::error::ErrorKind;
use crate::kinship::Ensemble;
use crate::pipeline::{PreparedPhoto, embed};
use std::sync::Arc;

/// Maximum number of waiting photos. Beyond it the service is overloaded.
const QUEUE: usize = 64;
/// Maximum number of photos in a batch.
pub(super) const MAX_BATCH: usize = 8;

struct Job {
    photo: PreparedPhoto,
    answer: oneshot::Sender<Result<EmbeddedPhoto, Problem>>,
}

/// Handle to the model thread. The thread ends when the handle is dropped.
pub(super) struct ModelQueue {
    bundle: Arc<Bundle>,
    jobs: SyncSender<Job>,
    metrics: Arc<Metrics>,
}

impl ModelQueue {
    pub(super) fn start(bundle: Bundle, metrics: Arc<Metrics>) -> Self {
        let bundle = Arc::new(bundle);
        let (jobs, waiting) = sync_channel(QUEUE);
        let model = Arc::clone(&bundle);
        let figures = Arc::clone(&metrics);
        thread::spawn(move || work(&model, &waiting, &figures));
        Self { bundle, jobs, metrics }
    }

    /// Returns the bundle.
    pub(super) fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    pub(super) fn space(&self) -> &EmbeddingSpace {
        self.bundle.space()
    }

    /// Returns the trained ensemble, if the bundle has one.
    pub(super) fn ensemble(&self) -> Option<&Ensemble> {
        self.bundle.ensemble()
    }

    /// Embeds photos. All of them queue at once, to be embedded together.
    ///
    /// # Errors
    /// - `Overloaded` if the queue is full.
    /// - `Internal` if the model fails.
    /// - `InvalidInput` if a face has no embedding.
    pub(super) async fn embed(
        &self,
        photos: Vec<PreparedPhoto>,
    ) -> Result<Vec<EmbeddedPhoto>, Problem> {
        let mut waiting = Vec::with_capacity(photos.len());
        for photo in photos {
            waiting.push(self.queue(photo)?);
        }
        let mut embedded = Vec::with_capacity(waiting.len());
        for answered in waiting {
            embedded.push(answered.await.map_err(|_| model_is_gone())??);
        }
        Ok(embedded)
    }

    fn queue(
        &self,
        photo: PreparedPhoto,
    ) -> Result<oneshot::Receiver<Result<EmbeddedPhoto, Problem>>, Problem> {
        let (answer, answered) = oneshot::channel();
        self.jobs.try_send(Job { photo, answer }).map_err(|error| match error {
            TrySendError::Full(_) => {
                Problem::new(ErrorKind::Overloaded, "too many photos are waiting; try again")
            }
            TrySendError::Disconnected(_) => model_is_gone(),
        })?;
        self.metrics.queue.inc();
        Ok(answered)
    }
}

fn model_is_gone() -> Problem {
    Problem::new(ErrorKind::Internal, "the model has stopped; restart the service")
}

fn work(bundle: &Bundle, waiting: &Receiver<Job>, metrics: &Metrics) {
    while let Ok(first) = waiting.recv() {
        let mut photos = Vec::new();
        let mut answers = Vec::new();
        for job in std::iter::once(first).chain(waiting.try_iter()).take(MAX_BATCH) {
            metrics.queue.dec();
            // Photos of disconnected clients are not embedded.
            if !job.answer.is_closed() {
                photos.push(job.photo);
                answers.push(job.answer);
            }
        }
        if photos.is_empty() {
            continue;
        }
        metrics.embedded(photos.len());
        match embed(bundle, photos) {
            Ok(results) => {
                for (result, answer) in results.into_iter().zip(answers) {
                    // The receiver may have been dropped, which is no error.
                    let _ = answer.send(result.map_err(Problem::from));
                }
            }
            Err(error) => {
                let problem = Problem::from(error);
                for answer in answers {
                    let _ = answer.send(Err(problem.clone()));
                }
            }
        }
    }
}

//! The model thread: one thread embeds, requests queue for it, and what waits together is embedded together.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use tokio::sync::oneshot;

use super::metrics::Metrics;
use super::problem::Problem;
use crate::domain::{Embedding, EmbeddingSpace};
use crate::embedder::{Embedder, EmbedderError, Face};
use crate::error::ErrorKind;
use crate::kinship::Ensemble;
use crate::photo::Photo;
use std::sync::Arc;

/// Faces that may wait; beyond that the service is overloaded.
const QUEUE: usize = 64;
/// Most faces embedded at once.
pub(super) const MAX_BATCH: usize = 8;

struct Job {
    face: Face,
    answer: oneshot::Sender<EmbeddedFace>,
}

/// One embedding per backbone, or why there is none.
type EmbeddedFace = Result<Vec<Embedding>, Problem>;

/// A handle to the model thread, which ends when the handle is dropped.
pub(super) struct ModelQueue {
    embedder: Arc<Embedder>,
    jobs: SyncSender<Job>,
    metrics: Arc<Metrics>,
}

impl ModelQueue {
    pub(super) fn start(embedder: Embedder, metrics: Arc<Metrics>) -> Self {
        let embedder = Arc::new(embedder);
        let (jobs, waiting) = sync_channel(QUEUE);
        let (model, figures) = (Arc::clone(&embedder), Arc::clone(&metrics));
        thread::spawn(move || work(&model, &waiting, &figures));
        Self { embedder, jobs, metrics }
    }

    /// The bundle.
    pub(super) fn embedder(&self) -> &Embedder {
        &self.embedder
    }

    pub(super) fn space(&self) -> &EmbeddingSpace {
        self.embedder.space()
    }

    /// The trained ensemble, if the bundle has one.
    pub(super) fn ensemble(&self) -> Option<&Ensemble> {
        self.embedder.ensemble()
    }

    /// Finds the face in a photo and cuts out what the model wants; a matter of milliseconds, for a thread that may block.
    ///
    /// # Errors
    /// `InvalidInput` with the code `no_face` when there is none.
    pub(super) fn prepare(&self, photo: &Photo) -> Result<Face, Problem> {
        self.embedder.prepare(photo).map_err(|error| match error {
            EmbedderError::NoFace { .. } => Problem::from(error).coded("no_face"),
            _ => Problem::from(error),
        })
    }

    /// Embeds faces, of each one embedding per backbone. All of them wait at once, to be embedded together.
    ///
    /// # Errors
    /// `Overloaded` when the queue is full; `Internal` when the model fails; `InvalidInput` when a face has no embedding.
    pub(super) async fn embed(&self, faces: Vec<Face>) -> Result<Vec<Vec<Embedding>>, Problem> {
        let waiting: Vec<_> =
            faces.into_iter().map(|face| self.queue(face)).collect::<Result<_, _>>()?;
        let mut embedded = Vec::with_capacity(waiting.len());
        for answered in waiting {
            embedded.push(answered.await.map_err(|_| model_is_gone())??);
        }
        Ok(embedded)
    }

    fn queue(&self, face: Face) -> Result<oneshot::Receiver<EmbeddedFace>, Problem> {
        let (answer, answered) = oneshot::channel();
        self.jobs.try_send(Job { face, answer }).map_err(|error| match error {
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

fn work(embedder: &Embedder, waiting: &Receiver<Job>, metrics: &Metrics) {
    while let Ok(first) = waiting.recv() {
        let batch = std::iter::once(first).chain(waiting.try_iter()).take(MAX_BATCH);
        let batch = batch.inspect(|_| {
            metrics.queue.dec();
        });
        // Whoever has hung up costs nothing.
        let batch = batch.filter(|job| !job.answer.is_closed());
        let (faces, answers): (Vec<_>, Vec<_>) = batch.map(|job| (job.face, job.answer)).unzip();
        if faces.is_empty() {
            continue;
        }
        metrics.embedded(faces.len());
        match embedder.embed(&faces) {
            Ok(results) => {
                for (result, answer) in results.into_iter().zip(answers) {
                    let result =
                        result.map_err(|e| Problem::new(ErrorKind::InvalidInput, e.to_string()));
                    // The receiver may be gone by now, and that is fine.
                    let _ = answer.send(result);
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

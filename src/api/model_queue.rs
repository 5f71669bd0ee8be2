//! The model thread, which embeds faces in batches.
//!
//! Requests queue for this one thread. Faces that wait together are embedded together.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use tokio::sync::oneshot;

use super::metrics::Metrics;
use super::problem::Problem;
use crate::bundle::{Bundle, BundleError, Face};
use crate::domain::{Embedding, EmbeddingSpace};
use crate::error::ErrorKind;
use crate::kinship::Ensemble;
use crate::photo::Photo;
use std::sync::Arc;

/// Maximum number of waiting faces. Beyond it the service is overloaded.
const QUEUE: usize = 64;
/// Maximum number of faces in a batch.
pub(super) const MAX_BATCH: usize = 8;

struct Job {
    face: Face,
    answer: oneshot::Sender<EmbeddedFace>,
}

/// One embedding per backbone, or the reason for the failure.
type EmbeddedFace = Result<Vec<Embedding>, Problem>;

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

    /// Finds the face in a photo and crops the model's input.
    ///
    /// This takes milliseconds, on a thread that may block.
    ///
    /// # Errors
    /// `InvalidInput` with the code `no_face` if the photo shows no face.
    pub(super) fn prepare(&self, photo: &Photo) -> Result<Face, Problem> {
        self.bundle.prepare(photo).map_err(|error| match error {
            BundleError::NoFace { .. } => Problem::from(error).coded("no_face"),
            _ => Problem::from(error),
        })
    }

    /// Embeds faces, and returns one embedding per backbone for each.
    ///
    /// All faces queue at once, to be embedded together.
    ///
    /// # Errors
    /// - `Overloaded` if the queue is full.
    /// - `Internal` if the model fails.
    /// - `InvalidInput` if a face has no embedding.
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

fn work(bundle: &Bundle, waiting: &Receiver<Job>, metrics: &Metrics) {
    while let Ok(first) = waiting.recv() {
        let batch = std::iter::once(first).chain(waiting.try_iter()).take(MAX_BATCH);
        let batch = batch.inspect(|_| {
            metrics.queue.dec();
        });
        // Faces of disconnected clients are not embedded.
        let batch = batch.filter(|job| !job.answer.is_closed());
        let (faces, answers): (Vec<_>, Vec<_>) = batch.map(|job| (job.face, job.answer)).unzip();
        if faces.is_empty() {
            continue;
        }
        metrics.embedded(faces.len());
        match bundle.embed(&faces) {
            Ok(results) => {
                for (result, answer) in results.into_iter().zip(answers) {
                    let result =
                        result.map_err(|e| Problem::new(ErrorKind::InvalidInput, e.to_string()));
                    // The receiver may have been dropped, which is no error.
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

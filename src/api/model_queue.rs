//! The model thread, which embeds photos in batches.
//!
//! Requests queue for this one thread. Photos that wait together are embedded together.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use tokio::sync::oneshot;

use super::metrics::{MAX_BATCH, Metrics};
use super::problem::Problem;
use crate::bundle::Bundle;
use crate::domain::{EmbeddedPhoto, EmbeddingSpace};
use crate::error::ErrorKind;
use crate::kinship::Ensemble;
use crate::pipeline::{PreparedPhoto, embed};

/// Maximum number of waiting photos. Beyond it the service is overloaded.
const MAX_WAITING: usize = 64;

type PhotoResult = Result<EmbeddedPhoto, Problem>;

/// A photo that waits for the model.
struct QueuedPhoto {
    photo: PreparedPhoto,
    result: oneshot::Sender<PhotoResult>,
}

/// Handle to the model thread. The thread ends when the handle is dropped.
pub(super) struct ModelQueue {
    bundle: Arc<Bundle>,
    queue: SyncSender<QueuedPhoto>,
    metrics: Arc<Metrics>,
}

impl ModelQueue {
    pub(super) fn start(bundle: Bundle, metrics: Arc<Metrics>) -> Self {
        let bundle = Arc::new(bundle);
        let (queue, photos) = sync_channel(MAX_WAITING);
        let worker = Worker { bundle: Arc::clone(&bundle), metrics: Arc::clone(&metrics), photos };
        thread::spawn(move || worker.run());
        Self { bundle, queue, metrics }
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
            waiting.push(self.add(photo)?);
        }
        let mut embedded = Vec::with_capacity(waiting.len());
        for result in waiting {
            embedded.push(result.await.map_err(|_| model_is_gone())??);
        }
        Ok(embedded)
    }

    fn add(&self, photo: PreparedPhoto) -> Result<oneshot::Receiver<PhotoResult>, Problem> {
        let (sender, receiver) = oneshot::channel();
        self.queue.try_send(QueuedPhoto { photo, result: sender }).map_err(
            |error| match error {
                TrySendError::Full(_) => {
                    Problem::new(ErrorKind::Overloaded, "too many photos are waiting; try again")
                }
                TrySendError::Disconnected(_) => model_is_gone(),
            },
        )?;
        self.metrics.queue.inc();
        Ok(receiver)
    }
}

fn model_is_gone() -> Problem {
    Problem::new(ErrorKind::Internal, "the model has stopped; restart the service")
}

/// The model thread.
struct Worker {
    bundle: Arc<Bundle>,
    metrics: Arc<Metrics>,
    photos: Receiver<QueuedPhoto>,
}

impl Worker {
    /// Embeds photos in batches until the queue is dropped.
    fn run(&self) {
        while let Ok(first) = self.photos.recv() {
            let mut photos = Vec::new();
            let mut senders = Vec::new();
            for queued in std::iter::once(first).chain(self.photos.try_iter()).take(MAX_BATCH) {
                self.metrics.queue.dec();
                // Photos of disconnected clients are not embedded.
                if !queued.result.is_closed() {
                    photos.push(queued.photo);
                    senders.push(queued.result);
                }
            }
            if !photos.is_empty() {
                self.embed_batch(photos, senders);
            }
        }
    }

    /// Embeds a batch. A receiver may have been dropped, which is no error.
    fn embed_batch(&self, photos: Vec<PreparedPhoto>, senders: Vec<oneshot::Sender<PhotoResult>>) {
        self.metrics.record_batch(photos.len());
        match embed(&self.bundle, photos) {
            Ok(results) => {
                for (result, sender) in results.into_iter().zip(senders) {
                    let _ = sender.send(result.map_err(Problem::from));
                }
            }
            Err(error) => {
                let problem = Problem::from(error);
                for sender in senders {
                    let _ = sender.send(Err(problem.clone()));
                }
            }
        }
    }
}

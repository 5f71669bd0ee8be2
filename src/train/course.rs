//! When a member has learned enough.

use serde::{Deserialize, Serialize};

use crate::kinship::Head;

/// What one round of learning came to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Mean loss of the training batches, in nats; none before the first.
    pub loss: Option<f64>,
    /// Area under the ROC on the validation families.
    pub validation_auc: f64,
    /// Share of validation pairs on the right side of the best threshold.
    pub validation_accuracy: f64,
}

/// A member's way through its epochs: the best head so far, and how long it has been the best.
pub(super) struct Course {
    best: Head,
    best_auc: f64,
    stale: usize,
    epochs: Vec<Epoch>,
}

/// What to do after an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Continue,
    /// Go on with smaller steps.
    SlowDown,
    Stop,
}

/// Epochs at most.
const MAX_EPOCHS: usize = 60;
/// After so many epochs without improvement the learning rate is halved.
const PLATEAU: usize = 3;
/// After so many epochs without improvement learning stops.
const PATIENCE: usize = 8;

impl Course {
    /// Starts from a head that has learned nothing, which is the best so far.
    pub(super) fn start(head: Head, epoch: Epoch) -> Self {
        Self { best: head, best_auc: epoch.validation_auc, stale: 0, epochs: vec![epoch] }
    }

    /// Keeps `head` if it is the best so far.
    pub(super) fn take(&mut self, head: Head, epoch: Epoch) -> Next {
        self.epochs.push(epoch);
        if epoch.validation_auc > self.best_auc {
            (self.best, self.best_auc, self.stale) = (head, epoch.validation_auc, 0);
        } else {
            self.stale += 1;
        }
        match self.stale {
            PATIENCE.. => Next::Stop,
            _ if self.epochs.len() > MAX_EPOCHS => Next::Stop,
            stale if stale > 0 && stale % PLATEAU == 0 => Next::SlowDown,
            _ => Next::Continue,
        }
    }

    /// The best head and the way to it.
    pub(super) fn finish(self) -> (Head, Vec<Epoch>) {
        (self.best, self.epochs)
    }
}

//! Early stopping of a member's training.

use serde::{Deserialize, Serialize};

use crate::kinship::Head;

/// Result of one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Mean loss of the training batches, in nats. `None` before the first epoch.
    pub loss: Option<f64>,
    /// Area under the ROC on the validation families.
    pub validation_auc: f64,
    /// Share of validation pairs that the best threshold classifies correctly.
    pub validation_accuracy: f64,
}

/// Head of a member, with its training history.
#[derive(Clone)]
pub(crate) struct TrainedHead {
    pub(crate) head: Head,
    pub(crate) epochs: Vec<Epoch>,
}

/// Progress of a member through its epochs: the best head so far, and its age.
pub(crate) struct EarlyStopping {
    best: Head,
    best_auc: f64,
    /// Number of epochs since the best one.
    stale: usize,
    epochs: Vec<Epoch>,
}

/// Next step after an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Continue,
    /// Continue with smaller steps.
    SlowDown,
    Stop,
}

/// Maximum number of epochs.
const MAX_EPOCHS: usize = 60;
/// Number of epochs without improvement after which the learning rate is halved.
const PLATEAU: usize = 3;
/// Number of epochs without improvement after which training stops.
const PATIENCE: usize = 8;

impl EarlyStopping {
    /// Starts from an untrained head, which is the best so far.
    pub(crate) fn new(head: Head, epoch: Epoch) -> Self {
        Self { best: head, best_auc: epoch.validation_auc, stale: 0, epochs: vec![epoch] }
    }

    /// Records an epoch, and retains `head` if it is the best so far.
    pub(crate) fn record(&mut self, head: Head, epoch: Epoch) -> Next {
        self.epochs.push(epoch);
        if epoch.validation_auc > self.best_auc {
            self.best = head;
            self.best_auc = epoch.validation_auc;
            self.stale = 0;
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

    /// Returns the best head and the record of all epochs.
    pub(crate) fn finish(self) -> TrainedHead {
        TrainedHead { head: self.best, epochs: self.epochs }
    }
}

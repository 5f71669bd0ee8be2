//! Progress of a training run, with its loss.

use crate::domain::Progress;

/// Receiver of the progress and of the losses of a training run.
///
/// `L` is the type of a loss.
pub struct LossMonitor<'a, L> {
    /// Progress in pictures. It can cancel the training.
    pub progress: &'a dyn Progress,
    /// Receives the number of batches and the mean loss since the last call.
    pub report: &'a mut dyn FnMut(usize, L),
}

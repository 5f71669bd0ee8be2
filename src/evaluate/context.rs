//! Inputs that several evaluations share.

use crate::bundle::Bundle;
use crate::dataset::Source;
use crate::domain::Progress;

/// Photos and bundle of an evaluation, and its progress.
pub struct EvaluationContext<'a> {
    /// Source of the photos.
    pub source: &'a mut Source,
    /// The bundle to evaluate.
    pub bundle: &'a Bundle,
    /// Receives the progress, and can cancel the evaluation.
    pub progress: &'a dyn Progress,
}

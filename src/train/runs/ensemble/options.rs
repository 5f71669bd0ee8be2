//! Options of the training of an ensemble.

use std::path::Path;

use crate::domain::Progress;
use crate::train::head::recipe::Recipe;

/// Options of the training of an ensemble.
#[derive(Clone, Debug)]
pub struct EnsembleOptions {
    /// Recipes that are tried on every backbone. They include the plain regression and the cosine.
    pub recipes: Vec<Recipe>,
    /// Number of folds for the evaluation of a single source, 2 or more.
    pub folds: usize,
    /// Seed of all random choices.
    pub seed: u64,
    /// Minimum area under the ROC. Members below it are excluded.
    pub min_auc: f64,
    /// Share of unrelated pairs that may be accepted as kin, 0 to 1.
    ///
    /// It determines the threshold of pairs.
    pub false_accept_rate: f64,
}

/// Options of a training run, with its folder and its caller.
#[derive(Clone, Copy)]
pub(crate) struct TrainingContext<'a> {
    pub(crate) options: &'a EnsembleOptions,
    /// Folder of the trained members.
    pub(crate) work: &'a Path,
    pub(crate) progress: &'a dyn Progress,
}

//! Training of ensembles, backbones and landmark networks.
//!
//! Heads are trained on some sources and families and evaluated on others. Then an ensemble is
//! selected and calibrated.

mod data;
mod error;
mod head;
pub mod network;
mod report;
mod runs;

use std::path::Path;
use std::time::Instant;

use crate::domain::Progress;
use crate::kinship::EnsembleConfig;
pub use data::blurred::embed_blurred;
pub use data::corpus::{Corpus, EmbeddedPhotos};
pub use data::faces::{FaceFolder, KnownFace, load_faces};
pub use data::split::{MIN_FAMILIES, Split};
pub use error::TrainError;
pub use head::kin_space::{KinRows, KinSpace};
pub use head::learner::{Learner, Learning, Slopes};
pub use head::recipe::{Recipe, Training};
pub use head::regression::DEFAULT_RIDGE;
pub use report::page::page;
pub use report::stage::{StageCorpora, StageReport};
pub use report::{
    Example, Histogram, MemberReport, Report, ScoreFigures, SourceData, SourceReport, Verdict,
};
pub use runs::distillation::{BATCH, DistillationOptions, begin_from, distil};
use runs::ensemble::assembly::Assembly;
pub use runs::ensemble::early_stopping::Epoch;
pub use runs::ensemble::identification::IdentificationFigures;
use runs::ensemble::rounds::{RoundContext, run_rounds};
pub use runs::fine_tuning::stage_folder::StageEpoch;
pub use runs::fine_tuning::{FineTuned, FineTuning};
pub use runs::kin_axes::{FamilyFaces, Widened, add_axes};
pub use runs::landmarks::{PointOptions, learn_points};
pub use runs::loss_monitor::LossMonitor;

/// Options of a training run.
#[derive(Clone, Debug)]
pub struct Options {
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

/// Trained ensemble.
pub struct Trained {
    /// Members and parameters of the ensemble.
    pub config: EnsembleConfig,
    /// Weights of the ensemble, as safetensors.
    pub weights: Vec<u8>,
    /// Metrics of the ensemble. [`Report::verdict`] states whether it may be written.
    pub report: Report,
}

/// Trains an ensemble on `sources`.
///
/// Trained members are stored in the folder `work`. A stopped training run resumes from them.
/// Returns `None` if `progress` was cancelled.
///
/// Members are trained on sources with kin. Each source is evaluated by members that were trained
/// on the others. Sources without kin contribute photos of one person, and strangers for the
/// cohort.
///
/// # Errors
/// - [`TrainError::TooFewFamilies`] if a source with kin has too few families.
/// - [`TrainError::Unwritable`] if `work` cannot be written.
pub fn train(
    sources: &[Corpus],
    options: &Options,
    work: &Path,
    progress: &dyn Progress,
) -> Result<Option<Trained>, TrainError> {
    let with_kin: Vec<&Corpus> = sources.iter().filter(|source| source.has_kin()).collect();
    if with_kin.is_empty() {
        return Err(TrainError::TooFewFamilies { found: 0, needed: MIN_FAMILIES });
    }
    let started = Instant::now();
    let context = RoundContext { options, work, progress };
    let Some(rounds) = run_rounds(&with_kin, context)? else { return Ok(None) };
    let training_seconds = started.elapsed().as_secs_f64();
    progress.begin("Evaluating", 0, "sources");
    Assembly::new(sources, options, rounds, training_seconds)?.finish().map(Some)
}

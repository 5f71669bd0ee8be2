//! Training of ensembles, backbones and landmark networks.
//!
//! Heads are trained on some sources and families and evaluated on others. Then an ensemble is
//! selected and calibrated.

mod arena;
mod assembly;
mod axes;
mod blurred;
mod charts;
mod checkpoint;
mod cohort;
mod corpus;
mod course;
mod distil;
mod error;
mod evaluation;
mod faces;
mod identification;
mod identity;
mod kin_pairs;
mod loss_monitor;
mod member;
mod open_set;
mod page;
mod panel;
mod point_views;
mod points;
mod report;
mod selection;
mod shortlist;
mod split;
mod stage_folder;
mod stage_report;
mod teach;
mod trunk;
mod unfreeze;
mod verdict;
mod views;

use std::path::Path;
use std::time::Instant;

use crate::domain::Progress;
use crate::kinship::{EnsembleConfig, Recipe};
use assembly::Assembly;
pub use axes::{FamilyFaces, Widened, add_axes};
pub use blurred::embed_blurred;
pub use corpus::{Corpus, EmbeddedPhotos};
pub use course::Epoch;
pub use distil::{BATCH, DistillationOptions, begin_from, distil};
pub use error::TrainError;
use evaluation::{RoundContext, run_rounds};
pub use faces::{FaceFolder, KnownFace, load_faces};
pub use identification::IdentificationFigures;
pub use loss_monitor::LossMonitor;
pub use page::page;
pub use points::{PointOptions, learn_points};
pub use report::{
    Example, Histogram, MemberReport, Report, ScoreFigures, SourceData, SourceReport, Verdict,
};
pub use split::{MIN_FAMILIES, Split};
pub use stage_folder::StageEpoch;
pub use stage_report::{StageCorpora, StageReport};
pub use unfreeze::{Unfreezing, Unfrozen};

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

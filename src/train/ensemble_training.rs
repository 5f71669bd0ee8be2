//! Training of an ensemble, with its report.

use std::path::Path;
use std::time::Instant;

use super::data::corpus::Corpus;
use super::data::split::MIN_FAMILIES;
use super::error::TrainError;
use super::report::ensemble::EnsembleEvaluation;
use super::report::training_report::TrainingReport;
use super::runs::ensemble::assembly::Assembly;
use super::runs::ensemble::options::{EnsembleOptions, TrainingContext};
use super::runs::ensemble::rounds::run_rounds;
use crate::domain::{Outcome, Progress};
use crate::kinship::EnsembleConfig;

/// Trained ensemble.
pub struct TrainedEnsemble {
    /// Members and parameters of the ensemble.
    pub config: EnsembleConfig,
    /// Weights of the ensemble, as safetensors.
    pub weights: Vec<u8>,
    /// Metrics of the ensemble. [`TrainingReport::verdict`] states whether it may be written.
    pub report: TrainingReport,
}

/// Trains an ensemble on `sources`.
///
/// Trained members are stored in the folder `work`. A stopped training run resumes from them.
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
    options: &EnsembleOptions,
    work: &Path,
    progress: &dyn Progress,
) -> Result<Outcome<TrainedEnsemble>, TrainError> {
    let with_kin: Vec<&Corpus> = sources.iter().filter(|source| source.has_kin()).collect();
    if with_kin.is_empty() {
        return Err(TrainError::TooFewFamilies { found: 0, needed: MIN_FAMILIES });
    }
    let started = Instant::now();
    let context = TrainingContext { options, work, progress };
    let Outcome::Finished(rounds) = run_rounds(&with_kin, context)? else {
        return Ok(Outcome::Cancelled);
    };
    let training_seconds = started.elapsed().as_secs_f64();
    progress.begin("Evaluating", 0, "sources");
    let assembly = Assembly::new(sources, options, rounds)?;
    let open_set = assembly.fit_open_set()?;
    let config = assembly.ensemble_config(&open_set);
    let weights = assembly.weights(&config, &open_set.model)?;
    let evaluation = EnsembleEvaluation {
        assembly: &assembly,
        open_set: &open_set,
        kin_threshold: config.kin_threshold,
        training_seconds,
    };
    let report = evaluation.report()?;
    Ok(Outcome::Finished(TrainedEnsemble { config, weights, report }))
}

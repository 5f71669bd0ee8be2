//! Fine-tuning of the last stages: `kindred train --unfreeze`.

use std::path::Path;

use crate::bundle::BundleBuilder;
use crate::cli::exit::Failure;
use crate::cli::progress::Display;
use crate::domain::{FamilyId, Outcome};
use crate::network::WeightsDtype;
use crate::train::{FineTunedStage, FineTuning, StageCorpora, StageReport, TrainError};

/// Results of the fine-tuning, per backbone.
pub(super) struct FineTunedStages(Vec<FineTunedStage>);

impl FineTunedStages {
    /// Fine-tunes the last stage of every backbone. Returns `None` if the training was stopped.
    pub(super) fn train(
        job: &FineTuning<'_>,
        work: &Path,
        display: &Display,
    ) -> Result<Outcome<Self>, Failure> {
        let mut stages = Vec::new();
        for backbone in 0..job.bundle.1.backbones.len() {
            let Outcome::Finished(stage) = job.train(backbone, work, display)? else {
                return Ok(Outcome::Cancelled);
            };
            stages.push(stage);
        }
        Ok(Outcome::Finished(Self(stages)))
    }

    /// Replaces the stages of the bundle by the fine-tuned ones that are better.
    ///
    /// Returns the families on which these were trained, none if no stage was replaced.
    pub(super) fn replace_in(
        &mut self,
        draft: &mut BundleBuilder,
        storage: WeightsDtype,
    ) -> Result<Vec<FamilyId>, Failure> {
        let mut families = Vec::new();
        for (i, stage) in self.0.iter_mut().enumerate() {
            if let Some(tensors) = stage.tensors.take() {
                draft.retrain_backbone(i, tensors, storage)?;
                families.clone_from(&stage.families);
            }
        }
        Ok(families)
    }

    /// Returns the metrics of each backbone before and after.
    pub(super) fn reports(
        &self,
        corpora: StageCorpora<'_>,
        seed: u64,
    ) -> Result<Vec<StageReport>, TrainError> {
        let stages = self.0.iter().enumerate();
        stages.map(|(i, stage)| StageReport::new(i, stage, corpora, seed)).collect()
    }
}

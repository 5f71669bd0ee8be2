//! Fine-tuning of the last stages: `kindred train --unfreeze`.

use std::path::Path;

use super::exit::Failure;
use super::output::line;
use super::progress::Display;
use crate::bundle::BundleBuilder;
use crate::domain::{FamilyId, Outcome};
use crate::network::WeightsDtype;
use crate::train::{FineTunedStage, FineTuning, StageCorpora, StageReport, TrainError};

/// Results of the fine-tuning, per backbone.
pub(super) struct Stages(Vec<FineTunedStage>);

impl Stages {
    /// Fine-tunes the last stage of every backbone.
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
    /// Returns the families on which these were trained. The list is empty if no stage was replaced.
    pub(super) fn retrain(
        &mut self,
        draft: &mut BundleBuilder,
        storage: WeightsDtype,
    ) -> Result<Vec<FamilyId>, Failure> {
        let mut families = Vec::new();
        for (at, stage) in self.0.iter_mut().enumerate() {
            if let Some(tensors) = stage.tensors.take() {
                draft.retrain_backbone(at, tensors, storage)?;
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

pub(super) fn print_stages(stages: &[StageReport]) {
    for stage in stages {
        let shown = |figures: Option<crate::metrics::RankingMetrics>| {
            figures.map_or_else(|| "unknown".into(), |figures| figures.roc_auc.to_string())
        };
        line!(
            "last stage of {}: {}; cosine on the other families {} frozen, {} unfrozen",
            stage.backbone,
            stage.standing(),
            shown(stage.frozen),
            shown(stage.unfrozen)
        );
    }
}

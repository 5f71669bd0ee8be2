//! `kindred train --unfreeze`

use std::path::Path;

use super::exit::Failure;
use super::output::line;
use super::progress::Display;
use crate::backbone::Storage;
use crate::domain::FamilyId;
use crate::embedder::Draft;
use crate::train::{StageReport, TrainError, Unfreezing, Unfrozen};

/// What the backbones of a bundle came to.
pub(super) struct Stages(Vec<Unfrozen>);

impl Stages {
    /// Unfreezes the last stage of every backbone. None where the training was stopped.
    pub(super) fn teach(
        job: &Unfreezing<'_>,
        (work, display): (&Path, &Display),
    ) -> Result<Option<Self>, Failure> {
        let mut stages = Vec::new();
        for backbone in 0..job.bundle.1.backbones.len() {
            let Some(stage) = job.teach(backbone, (work, display))? else { return Ok(None) };
            stages.push(stage);
        }
        Ok(Some(Self(stages)))
    }

    /// Gives the bundle the stages that are better than the frozen ones. Returns the families that these learned from;
    /// none where all stay as they were.
    pub(super) fn retrain(
        &mut self,
        draft: &mut Draft,
        storage: Storage,
    ) -> Result<Vec<FamilyId>, Failure> {
        let mut families = Vec::new();
        for (at, stage) in self.0.iter_mut().enumerate() {
            if let Some(tensors) = stage.tensors.take() {
                draft.retrain_backbone(at, (tensors, storage))?;
                families.clone_from(&stage.families);
            }
        }
        Ok(families)
    }

    /// Each backbone as it was and as it is now.
    pub(super) fn reports(
        &self,
        corpora: (&crate::train::Corpus, &crate::train::Corpus),
        seed: u64,
    ) -> Result<Vec<StageReport>, TrainError> {
        let stages = self.0.iter().enumerate();
        stages.map(|stage| StageReport::new(stage, corpora, seed)).collect()
    }
}

pub(super) fn print_stages(stages: &[StageReport]) {
    for stage in stages {
        let shown = |figures: Option<crate::metrics::RankingFigures>| {
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

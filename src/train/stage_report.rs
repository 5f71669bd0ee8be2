//! What an unfrozen stage was worth.

use serde::Serialize;

use super::TrainError;
use super::corpus::Corpus;
use super::panel::Panel;
use super::stage_folder::StageEpoch;
use super::unfreeze::Unfrozen;
use crate::metrics::{Pairs, RankingFigures};

/// A backbone before and after its last stage learned, by the cosine of its embeddings on families that the stage neither
/// learned from nor was chosen by.
#[derive(Clone, Debug, Serialize)]
pub struct StageReport {
    /// The backbone's name.
    pub backbone: String,
    /// Families that the stage learned from or was chosen by.
    pub families: usize,
    /// What each epoch came to, the frozen stage first.
    pub epochs: Vec<StageEpoch>,
    /// Which epoch is kept; 0 is the frozen stage, which no other beat.
    pub kept: usize,
    /// As it was loaded; none where the other families have no pairs.
    pub frozen: Option<RankingFigures>,
    /// As it is in the bundle.
    pub unfrozen: Option<RankingFigures>,
}

impl StageReport {
    /// Judges the backbone at a place by its embeddings in the corpus `before` and in the one `after`.
    ///
    /// # Errors
    /// When the embeddings cannot be compared.
    pub fn new(
        (backbone, stage): (usize, &Unfrozen),
        (before, after): (&Corpus, &Corpus),
        seed: u64,
    ) -> Result<Self, TrainError> {
        let figures = |corpus: &Corpus| {
            let pedigree = &corpus.pedigree;
            let mut others = pedigree.families_with_kin();
            others.retain(|&family| !stage.families.contains(&pedigree.families()[family]));
            let Panel { pairs, cosines, .. } = Panel::new(corpus, &[], &others, seed)?;
            let pairs = Pairs {
                scores: cosines.into_iter().nth(backbone).unwrap_or_default(),
                is_kin: pairs.iter().map(|pair| pair.is_kin).collect(),
                families: pairs.iter().map(|pair| pair.families).collect(),
                relations: pairs.iter().map(|pair| pair.relation).collect(),
            };
            Ok::<_, TrainError>(pairs.ranking_figures(seed))
        };
        Ok(Self {
            backbone: after.backbones[backbone].0.clone(),
            families: stage.families.len(),
            epochs: stage.epochs.clone(),
            kept: stage.kept,
            frozen: figures(before)?,
            unfrozen: figures(after)?,
        })
    }

    /// Which epoch is kept, in words.
    pub fn standing(&self) -> String {
        let last = self.epochs.len() - 1;
        match self.kept {
            0 => format!("frozen: none of {last} epochs was better on the validation families"),
            kept => format!("epoch {kept} of {last}, learned with {} families", self.families),
        }
    }
}

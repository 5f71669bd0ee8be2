//! Effect of an unfrozen stage.

use serde::Serialize;

use crate::metrics::RankingMetrics;
use crate::train::data::corpus::Corpus;
use crate::train::error::TrainError;
use crate::train::runs::ensemble::pair_set::PairSet;
use crate::train::runs::fine_tuning::job::FineTunedStage;
use crate::train::runs::fine_tuning::stage_folder::StageEpoch;

/// Metrics of a backbone before and after the training of its last stage.
///
/// They use the cosine of its embeddings. The families were neither used for training the stage nor
/// for its selection.
#[derive(Clone, Debug, Serialize)]
pub struct StageReport {
    /// Name of the backbone.
    pub backbone: String,
    /// Number of families for the training or the selection of the stage.
    pub families: usize,
    /// Metrics of each epoch, the frozen stage first.
    pub epochs: Vec<StageEpoch>,
    /// Index of the selected epoch. 0 is the frozen stage, which no other beat.
    #[serde(rename = "kept")]
    pub selected: usize,
    /// Metrics of the loaded backbone. `None` if the other families have no pairs.
    pub frozen: Option<RankingMetrics>,
    /// Metrics of the backbone in the bundle.
    pub unfrozen: Option<RankingMetrics>,
}

/// Corpora of the same photos, before and after the training of a stage.
#[derive(Clone, Copy)]
pub struct StageCorpora<'a> {
    /// Embeddings of the loaded backbones.
    pub before: &'a Corpus,
    /// Embeddings of the backbones in the bundle.
    pub after: &'a Corpus,
}

impl StageReport {
    /// Evaluates the backbone at the index `backbone` by its embeddings in both corpora.
    ///
    /// `stage` is the trained stage of this backbone. `seed` is the seed of the pairs and of the
    /// intervals.
    ///
    /// # Errors
    /// [`TrainError::Kinship`] if the embeddings cannot be compared.
    pub fn new(
        backbone: usize,
        stage: &FineTunedStage,
        corpora: StageCorpora<'_>,
        seed: u64,
    ) -> Result<Self, TrainError> {
        let mut ranking = [None; 2];
        for (ranking, corpus) in ranking.iter_mut().zip([corpora.before, corpora.after]) {
            let pair_set = PairSet::new(corpus, &[], &unused_families(corpus, stage), seed)?;
            let cosines = pair_set.cosines.get(backbone).map(Vec::as_slice).unwrap_or_default();
            *ranking = pair_set.scored(cosines).ranking_metrics(seed);
        }
        let [frozen, unfrozen] = ranking;
        Ok(Self {
            backbone: corpora.after.backbones[backbone].0.clone(),
            families: stage.families.len(),
            epochs: stage.epochs.clone(),
            selected: stage.selected,
            frozen,
            unfrozen,
        })
    }

    /// Returns the selected epoch as text.
    pub fn standing(&self) -> String {
        let last = self.epochs.len() - 1;
        match self.selected {
            0 => format!("frozen: none of {last} epochs was better on the validation families"),
            selected => {
                format!("epoch {selected} of {last}, trained with {} families", self.families)
            }
        }
    }
}

/// Returns the families with kin that neither trained the stage nor selected its epoch.
fn unused_families(corpus: &Corpus, stage: &FineTunedStage) -> Vec<usize> {
    let pedigree = &corpus.pedigree;
    let mut families = pedigree.families_with_kin();
    families.retain(|&family| !stage.families.contains(&pedigree.families()[family]));
    families
}

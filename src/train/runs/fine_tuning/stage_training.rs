//! Training of one stage with its head, epoch by epoch.

use std::collections::{BTreeSet, HashMap};

use super::stage_folder::{SavedEpoch, StageEpoch, StageFolder};
use super::trunk_maps::TrunkMaps;
use crate::dataset::{PairSampler, PhotoPair};
use crate::domain::{Outcome, Progress};
use crate::kinship::{Head, KinshipError, Rows};
use crate::metrics::Ranking;
use crate::train::error::TrainError;
use crate::train::head::learner::{Hyperparameters, Learner};
use crate::train::network::LastStage;
use crate::train::runs::ensemble::member::{PROTOCOL_PAIRS, SAMPLING, Task};

/// Number of training epochs of a stage.
const EPOCHS: usize = 5;
/// Pairs per batch, half of them kin.
const BATCH: usize = 32;
/// Learning rate of the head, relative to that of the stage.
const HEAD_PACE: f64 = 4.0;
/// Photos per embedding batch.
const PHOTOS: usize = 64;

/// Stage in training.
pub(super) struct StageTraining<'a> {
    pub(super) task: &'a Task<'a>,
    pub(super) stage: LastStage,
    pub(super) maps: TrunkMaps,
    pub(super) folder: StageFolder,
    pub(super) learning_rate: f64,
}

/// Head after an epoch, with the mean loss of its batches.
struct EpochResult {
    head: Head,
    loss: f64,
}

impl StageTraining<'_> {
    /// Trains all epochs after the last stored one.
    pub(super) fn run(
        &mut self,
        name: &str,
        progress: &dyn Progress,
    ) -> Result<Outcome<Vec<SavedEpoch>>, TrainError> {
        let mut epochs = self.folder.epochs();
        let Outcome::Finished(mut head) = self.resume_or_begin(&mut epochs, progress)? else {
            return Ok(Outcome::Cancelled);
        };
        while epochs.len() <= EPOCHS {
            let pairs = self.pairs(epochs.len());
            let step = format!("Fine-tuning {name}, epoch {} of {EPOCHS}", epochs.len());
            progress.begin(&step, pairs.len() as u64, "pairs");
            let seed = self.task.seed.wrapping_add(epochs.len() as u64);
            let Outcome::Finished(epoch) = self.epoch(&head, &pairs, seed, progress)? else {
                return Ok(Outcome::Cancelled);
            };
            head = epoch.head;
            self.save_epoch(&mut epochs, &head, Some(epoch.loss))?;
        }
        Ok(Outcome::Finished(epochs))
    }

    /// Returns the head of the last stored epoch, or trains a head on the frozen stage.
    fn resume_or_begin(
        &mut self,
        epochs: &mut Vec<SavedEpoch>,
        progress: &dyn Progress,
    ) -> Result<Outcome<Head>, TrainError> {
        if let Some(last) = epochs.len().checked_sub(1) {
            self.stage.restore(self.folder.read_stage(last)?)?;
            let dimension = self.task.corpus.backbones[self.task.backbone].1.dimension();
            let head = self.folder.read_head(last, &self.task.recipe.head, dimension)?;
            return Ok(Outcome::Finished(head));
        }
        progress.begin("Training the head that the stage learns with", 0, "heads");
        let Outcome::Finished(trained) = self.task.train(&|| progress.cancelled())? else {
            return Ok(Outcome::Cancelled);
        };
        self.save_epoch(epochs, &trained.head, None)?;
        Ok(Outcome::Finished(trained.head))
    }

    fn pairs(&self, epoch: usize) -> Vec<PhotoPair> {
        let Task { corpus, split, seed, .. } = self.task;
        let seed = seed.wrapping_mul(3).wrapping_add(100 + epoch as u64);
        PairSampler::new(&corpus.pedigree, &split.train, seed).epoch(&SAMPLING)
    }

    /// Trains on all pairs once.
    ///
    /// Only weights carry over from one epoch to the next. A checkpoint thus needs only the
    /// weights.
    fn epoch(
        &mut self,
        head: &Head,
        pairs: &[PhotoPair],
        seed: u64,
        progress: &dyn Progress,
    ) -> Result<Outcome<EpochResult>, TrainError> {
        let hyperparameters = Hyperparameters {
            learning_rate: HEAD_PACE * self.learning_rate,
            weight_decay: 0.1,
            feature_dropout: 0.2,
            hidden_dropout: 0.5,
        };
        let mut learner = Learner::of_layers(head, &hyperparameters, seed)?;
        self.stage.begin(self.learning_rate)?;
        let mut total = 0.0;
        for batch in pairs.chunks(BATCH) {
            if progress.cancelled() {
                return Ok(Outcome::Cancelled);
            }
            total += self.step(&mut learner, batch)? * batch.len() as f64;
            progress.advance(batch.len() as u64);
        }
        let loss = total / pairs.len().max(1) as f64;
        Ok(Outcome::Finished(EpochResult { head: learner.head()?, loss }))
    }

    fn step(&mut self, learner: &mut Learner, batch: &[PhotoPair]) -> Result<f64, TrainError> {
        let first = batch.iter().map(|pair| pair.photos[0]);
        let second = batch.iter().map(|pair| pair.photos[1]);
        let photos: Vec<usize> = first.chain(second).collect();
        let is_kin: Vec<bool> = batch.iter().map(|pair| pair.is_kin).collect();
        let maps = self.maps.of_photos(&self.stage, &photos)?;
        self.stage.improve(&maps, |embeddings| {
            let (a, b) = embeddings.split_at(batch.len());
            let gradients = learner.classify_with_gradients(&rows(a)?, &rows(b)?, &is_kin)?;
            Ok((gradients.loss, [gradients.a, gradients.b].concat()))
        })
    }

    /// Evaluates the stage and the head on the validation families, and stores both.
    fn save_epoch(
        &self,
        epochs: &mut Vec<SavedEpoch>,
        head: &Head,
        loss: Option<f64>,
    ) -> Result<(), TrainError> {
        let Task { corpus, split, seed, .. } = self.task;
        let mut sampler = PairSampler::new(&corpus.pedigree, &split.validation, *seed);
        let pairs = sampler.protocol(PROTOCOL_PAIRS);
        let embeddings = self.embeddings(&pairs)?;
        let first = Rows::new(pairs.iter().map(|p| embeddings[&p.photos[0]].as_slice()))?;
        let second = Rows::new(pairs.iter().map(|p| embeddings[&p.photos[1]].as_slice()))?;
        let is_kin: Vec<bool> = pairs.iter().map(|pair| pair.is_kin).collect();
        let metrics = StageEpoch {
            loss,
            cosine_auc: auc(&first.cosines(&second)?, &is_kin)?,
            head_auc: auc(&head.scores(&first, &second)?, &is_kin)?,
        };
        self.folder.add(epochs, metrics, &self.stage.tensors()?, head)
    }

    /// Returns the embeddings of all photos of some pairs, by photo index.
    fn embeddings(&self, pairs: &[PhotoPair]) -> Result<HashMap<usize, Vec<f32>>, TrainError> {
        let photos: BTreeSet<usize> = pairs.iter().flat_map(|pair| pair.photos).collect();
        let photos: Vec<usize> = photos.into_iter().collect();
        let mut by_photo = HashMap::new();
        for batch in photos.chunks(PHOTOS) {
            let embeddings = self.stage.embed(&self.maps.of_photos(&self.stage, batch)?)?;
            by_photo.extend(batch.iter().copied().zip(embeddings));
        }
        Ok(by_photo)
    }
}

/// Returns the area under the ROC on validation pairs.
fn auc(scores: &[f64], is_kin: &[bool]) -> Result<f64, KinshipError> {
    let curve = Ranking::new(scores, is_kin).curve();
    curve.roc_auc().ok_or(KinshipError::NoPairs { what: "validation" })
}

fn rows(embeddings: &[Vec<f32>]) -> Result<Rows, KinshipError> {
    Rows::new(embeddings.iter().map(Vec::as_slice))
}

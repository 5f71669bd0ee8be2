//! Fine-tuning of the last stage of a backbone, together with a head.
//!
//! One partition of the families ensures valid metrics. Half of the families serve the stage: most
//! for training, some for early stopping. The ensemble tests, validates and calibrates only on the
//! other half. Its members may be trained on both halves.
//!
//! The head is trained first, on the frozen embeddings. An untrained head would distort the
//! features of the stage (A. Kumar et al., "Fine-Tuning can Distort Pretrained Features", 2022).
//! Then both are trained on photo pairs, half of them kin.

pub(crate) mod stage_folder;
mod trunk;

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::path::Path;

use self::stage_folder::{SavedEpoch, StageEpoch, StageFolder, best};
use self::trunk::{Album, TrunkMaps};
use super::ensemble::member::{PROTOCOL_PAIRS, SAMPLING, Task};
use crate::bundle::{BackboneEntry, Bundle, Manifest};
use crate::dataset::{PairSampler, Pedigree, PhotoPair};
use crate::domain::{FamilyId, PhotoId, Progress};
use crate::engine::{BackboneSpec, Device};
use crate::kinship::{Head, KinshipError, Rows};
use crate::metrics::Ranking;
use crate::network::{NamedTensor, WeightsFile};
use crate::train::data::corpus::Corpus;
use crate::train::data::partition::deal;
use crate::train::data::split::Split;
use crate::train::error::TrainError;
use crate::train::head::learner::{Learner, Learning};
use crate::train::head::recipe::Recipe;
use crate::train::network::LastStage;

/// Number of training epochs of a stage.
const EPOCHS: usize = 5;
/// Pairs per batch, half of them kin.
const BATCH: usize = 32;
/// Learning rate of the head, relative to that of the stage.
const HEAD_PACE: f64 = 4.0;
/// Number of parts of the stage's families, one of which is for early stopping.
const PARTS: usize = 6;
/// Minimum number of families. The ensemble needs 16 for itself.
const MIN_FAMILIES: usize = 32;
/// Photos per embedding batch.
const PHOTOS: usize = 64;

/// Bundle for fine-tuning of its backbones, with the training data.
pub struct FineTuning<'a> {
    /// Photos with their embeddings by the bundle.
    pub corpus: &'a Corpus,
    /// The loaded bundle.
    pub loaded: &'a Bundle,
    /// Folder of the bundle, with its manifest.
    pub bundle: (&'a Path, &'a Manifest),
    /// Folder or archive of the photos.
    pub data: &'a Path,
    /// Device for the training.
    pub device: Device,
    /// Learning rate of the stage.
    pub learning_rate: f64,
    /// Seed of all random choices.
    pub seed: u64,
}

/// Backbone with a trained last stage.
pub struct FineTuned {
    /// Weights of the stage. `None` if no epoch was better than the frozen stage.
    pub tensors: Option<Vec<NamedTensor>>,
    /// Metrics of each epoch, the frozen stage first.
    pub epochs: Vec<StageEpoch>,
    /// Index of the selected epoch. 0 is the frozen stage.
    pub kept: usize,
    /// Families for the training or the selection of the stage.
    pub families: Vec<FamilyId>,
}

/// Splits families into those for the training of a stage and those for early stopping.
fn split(pedigree: &Pedigree, seed: u64) -> Result<Split, TrainError> {
    let families = pedigree.families_with_kin();
    if families.len() < MIN_FAMILIES {
        let found = families.len();
        return Err(TrainError::TooFewFamilies { found, needed: MIN_FAMILIES });
    }
    let own = deal(&families, 2, seed.wrapping_add(2)).swap_remove(0);
    let mut parts = deal(&own, PARTS, seed.wrapping_add(3));
    let validation = parts.swap_remove(0);
    Ok(Split { name: "stage".into(), train: parts.concat(), validation, test: Vec::new() })
}

impl FineTuning<'_> {
    /// Trains the last stage of the backbone with this index in the bundle.
    ///
    /// Its epochs are stored in the folder `work`. A stopped training run resumes from them.
    /// Returns `None` if `progress` was cancelled.
    ///
    /// # Errors
    /// - [`TrainError::TooFewFamilies`] if there are too few families.
    /// - [`TrainError::Unreadable`] if a photo can no longer be read.
    /// - [`TrainError::Backbone`] if the network has no last stage.
    /// - [`TrainError::Unwritable`] if `work` cannot be written.
    pub fn teach(
        &self,
        backbone: usize,
        work: &Path,
        progress: &dyn Progress,
    ) -> Result<Option<FineTuned>, TrainError> {
        let pedigree = &self.corpus.pedigree;
        let entry = &self.bundle.1.backbones[backbone];
        let split = split(pedigree, self.seed)?;
        let folder = StageFolder::open(work, &self.settings(entry))?;
        let recipe = Recipe::named("comparison").expect("a recipe of this name is known");
        let stage = self.load(entry)?;
        let album = Album::open(self.data, self.loaded, backbone)?;
        let families = [&split.train[..], &split.validation].concat();
        let photos = photos_of(pedigree, &families);
        let Some(maps) = TrunkMaps::new(&stage, album, &photos, progress)? else {
            return Ok(None);
        };
        let task = Task { corpus: self.corpus, split: &split, recipe, backbone, seed: self.seed };
        let mut course =
            Course { task: &task, stage, maps, folder, learning_rate: self.learning_rate };
        let Some(epochs) = course.run(&entry.name, progress)? else { return Ok(None) };
        let kept = best(&epochs);
        let tensors = (kept > 0).then(|| course.folder.read_stage(kept)).transpose()?;
        let families = families.iter().map(|&family| pedigree.families()[family]).collect();
        let epochs = epochs.into_iter().map(|epoch| epoch.figures).collect();
        Ok(Some(FineTuned { tensors, epochs, kept, families }))
    }

    fn load(&self, entry: &BackboneEntry) -> Result<LastStage, TrainError> {
        let path = self.bundle.0.join(&entry.weights);
        let file = File::open(&path)
            .map_err(|source| TrainError::Unreadable { path: path.clone(), source })?;
        let spec =
            BackboneSpec { architecture: &entry.network, preprocessing: entry.preprocessing };
        Ok(LastStage::load(spec, WeightsFile::new(&path, file)?, self.device)?)
    }

    /// Returns the settings that determine the epochs.
    ///
    /// Epochs of other settings are left untouched.
    fn settings(&self, entry: &BackboneEntry) -> impl serde::Serialize {
        let pedigree = &self.corpus.pedigree;
        let photos: Vec<String> = pedigree.photos().iter().map(ToString::to_string).collect();
        let kin: Vec<[usize; 2]> = pedigree.kin().iter().map(|kin| kin.people).collect();
        let backbone = (entry.name.clone(), entry.sha256.clone(), &self.corpus.digest);
        (1, self.seed, self.learning_rate, backbone, photos, kin)
    }
}

fn photos_of<'p>(pedigree: &'p Pedigree, families: &[usize]) -> Vec<(usize, &'p PhotoId)> {
    let people = pedigree.people().iter().filter(|person| families.contains(&person.family));
    let places = people.flat_map(|person| &person.photos);
    places.map(|&place| (place, &pedigree.photos()[place])).collect()
}

/// Stage in training.
struct Course<'a> {
    task: &'a Task<'a>,
    stage: LastStage,
    maps: TrunkMaps,
    folder: StageFolder,
    learning_rate: f64,
}

impl Course<'_> {
    /// Trains all epochs after the last stored one. Returns `None` if `progress` was cancelled.
    fn run(
        &mut self,
        name: &str,
        progress: &dyn Progress,
    ) -> Result<Option<Vec<SavedEpoch>>, TrainError> {
        let mut epochs = self.folder.epochs();
        let mut head = match epochs.len().checked_sub(1) {
            Some(last) => {
                self.stage.restore(self.folder.read_stage(last)?)?;
                let dimension = self.task.corpus.backbones[self.task.backbone].1.dimension();
                self.folder.read_head(last, &self.task.recipe.head, dimension)?
            }
            None => {
                progress.begin("Training the head that the stage learns with", 0, "heads");
                let Some((head, _)) = self.task.learn(&|| progress.cancelled())? else {
                    return Ok(None);
                };
                self.keep(&mut epochs, &head, None)?;
                head
            }
        };
        while epochs.len() <= EPOCHS {
            let pairs = self.pairs(epochs.len());
            let what = format!("FineTuning {name}, epoch {} of {EPOCHS}", epochs.len());
            progress.begin(&what, pairs.len() as u64, "pairs");
            let seed = self.task.seed.wrapping_add(epochs.len() as u64);
            let Some((taught, loss)) = self.epoch(&head, &pairs, seed, progress)? else {
                return Ok(None);
            };
            head = taught;
            self.keep(&mut epochs, &head, Some(loss))?;
        }
        Ok(Some(epochs))
    }

    fn pairs(&self, epoch: usize) -> Vec<PhotoPair> {
        let Task { corpus, split, seed, .. } = self.task;
        let seed = seed.wrapping_mul(3).wrapping_add(100 + epoch as u64);
        PairSampler::new(&corpus.pedigree, &split.train, seed).epoch(&SAMPLING)
    }

    /// Trains on all pairs once. Returns the resulting head and the mean loss.
    ///
    /// Only weights carry over from one epoch to the next. A checkpoint thus needs only the
    /// weights.
    fn epoch(
        &mut self,
        head: &Head,
        pairs: &[PhotoPair],
        seed: u64,
        progress: &dyn Progress,
    ) -> Result<Option<(Head, f64)>, TrainError> {
        let learning = Learning {
            learning_rate: HEAD_PACE * self.learning_rate,
            weight_decay: 0.1,
            feature_dropout: 0.2,
            hidden_dropout: 0.5,
        };
        let mut learner = Learner::of_layers(head, &learning, seed)?;
        self.stage.begin(self.learning_rate)?;
        let mut total = 0.0;
        for batch in pairs.chunks(BATCH) {
            if progress.cancelled() {
                return Ok(None);
            }
            total += self.step(&mut learner, batch)? * batch.len() as f64;
            progress.advance(batch.len() as u64);
        }
        Ok(Some((learner.head()?, total / pairs.len().max(1) as f64)))
    }

    fn step(&mut self, learner: &mut Learner, batch: &[PhotoPair]) -> Result<f64, TrainError> {
        let side = |at: usize| batch.iter().map(move |pair| pair.photos[at]);
        let photos: Vec<usize> = side(0).chain(side(1)).collect();
        let is_kin: Vec<bool> = batch.iter().map(|pair| pair.is_kin).collect();
        let maps = self.maps.of(&self.stage, &photos)?;
        self.stage.improve(&maps, |embeddings| {
            let (a, b) = embeddings.split_at(batch.len());
            let slopes = learner.classify_learning(&rows(a)?, &rows(b)?, &is_kin)?;
            Ok((slopes.loss, [slopes.a, slopes.b].concat()))
        })
    }

    /// Evaluates the stage and the head on the validation families, and stores both.
    fn keep(
        &self,
        epochs: &mut Vec<SavedEpoch>,
        head: &Head,
        loss: Option<f64>,
    ) -> Result<(), TrainError> {
        let Task { corpus, split, seed, .. } = self.task;
        let pairs = PairSampler::new(&corpus.pedigree, &split.validation, *seed);
        let pairs = { pairs }.protocol(PROTOCOL_PAIRS);
        let embedded = self.embedded(&pairs)?;
        let side = |at: usize| Rows::new(pairs.iter().map(|p| embedded[&p.photos[at]].as_slice()));
        let first = side(0)?;
        let second = side(1)?;
        let is_kin: Vec<bool> = pairs.iter().map(|pair| pair.is_kin).collect();
        let auc = |scores: Vec<f64>| {
            let curve = Ranking::new(&scores, &is_kin).curve();
            curve.roc_auc().ok_or(KinshipError::NoPairs { what: "validation" })
        };
        let cosine_auc = auc(first.cosines(&second)?)?;
        let head_auc = auc(head.scores(&first, &second)?)?;
        let figures = StageEpoch { loss, cosine_auc, head_auc };
        self.folder.add(epochs, figures, &self.stage.tensors()?, head)
    }

    /// Returns the embeddings of all photos of some pairs, by photo index.
    fn embedded(&self, pairs: &[PhotoPair]) -> Result<HashMap<usize, Vec<f32>>, TrainError> {
        let photos: BTreeSet<usize> = pairs.iter().flat_map(|pair| pair.photos).collect();
        let photos: Vec<usize> = photos.into_iter().collect();
        let mut embedded = HashMap::new();
        for batch in photos.chunks(PHOTOS) {
            let embeddings = self.stage.embed(&self.maps.of(&self.stage, batch)?)?;
            embedded.extend(batch.iter().copied().zip(embeddings));
        }
        Ok(embedded)
    }
}

fn rows(embeddings: &[Vec<f32>]) -> Result<Rows, KinshipError> {
    Rows::new(embeddings.iter().map(Vec::as_slice))
}

//! Fine-tuning of one backbone of a bundle.

use std::fs::File;
use std::path::Path;

use super::stage_folder::{StageEpoch, StageFolder, best};
use super::stage_training::StageTraining;
use super::trunk_maps::{PhotoReader, TrunkMaps};
use crate::bundle::{BackboneEntry, Bundle, Manifest};
use crate::dataset::Pedigree;
use crate::domain::{FamilyId, Outcome, PhotoId, Progress};
use crate::engine::{BackboneSpec, Device};
use crate::network::{NamedTensor, WeightsFile};
use crate::train::data::corpus::Corpus;
use crate::train::data::partition::partition_families;
use crate::train::data::split::Split;
use crate::train::error::TrainError;
use crate::train::head::recipe::Recipe;
use crate::train::network::LastStage;
use crate::train::runs::ensemble::member::Task;

/// Number of parts of the stage's families, one of which is for early stopping.
const PARTS: usize = 6;
/// Minimum number of families. The ensemble needs 16 for itself.
const MIN_FAMILIES: usize = 32;

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
pub struct FineTunedStage {
    /// Weights of the stage. `None` if no epoch was better than the frozen stage.
    pub tensors: Option<Vec<NamedTensor>>,
    /// Metrics of each epoch, the frozen stage first.
    pub epochs: Vec<StageEpoch>,
    /// Index of the selected epoch. 0 is the frozen stage.
    pub selected: usize,
    /// Families for the training or the selection of the stage.
    pub families: Vec<FamilyId>,
}

impl FineTuning<'_> {
    /// Trains the last stage of the backbone with this index in the bundle.
    ///
    /// Its epochs are stored in the folder `work`. A stopped training run resumes from them.
    ///
    /// # Errors
    /// - [`TrainError::TooFewFamilies`] if there are too few families.
    /// - [`TrainError::Unreadable`] if a photo can no longer be read.
    /// - [`TrainError::NetworkTraining`] if the network has no last stage.
    /// - [`TrainError::Unwritable`] if `work` cannot be written.
    pub fn train(
        &self,
        backbone: usize,
        work: &Path,
        progress: &dyn Progress,
    ) -> Result<Outcome<FineTunedStage>, TrainError> {
        let pedigree = &self.corpus.pedigree;
        let entry = &self.bundle.1.backbones[backbone];
        let split = split(pedigree, self.seed)?;
        let folder = StageFolder::open(work, &self.settings(entry))?;
        let recipe = Recipe::named("comparison").expect("a recipe of this name is known");
        let stage = self.load(entry)?;
        let reader = PhotoReader::open(self.data, self.loaded, backbone)?;
        let families = [&split.train[..], &split.validation].concat();
        let photos = photos_of(pedigree, &families);
        let Outcome::Finished(maps) = TrunkMaps::new(&stage, reader, &photos, progress)? else {
            return Ok(Outcome::Cancelled);
        };
        let task = Task { corpus: self.corpus, split: &split, recipe, backbone, seed: self.seed };
        let learning_rate = self.learning_rate;
        let mut training = StageTraining { task: &task, stage, maps, folder, learning_rate };
        let Outcome::Finished(epochs) = training.run(&entry.name, progress)? else {
            return Ok(Outcome::Cancelled);
        };
        let selected = best(&epochs);
        let tensors = (selected > 0).then(|| training.folder.read_stage(selected)).transpose()?;
        let families = families.iter().map(|&family| pedigree.families()[family]).collect();
        let epochs = epochs.into_iter().map(|epoch| epoch.metrics).collect();
        Ok(Outcome::Finished(FineTunedStage { tensors, epochs, selected, families }))
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

/// Splits families into those for the training of a stage and those for early stopping.
fn split(pedigree: &Pedigree, seed: u64) -> Result<Split, TrainError> {
    let families = pedigree.families_with_kin();
    if families.len() < MIN_FAMILIES {
        let found = families.len();
        return Err(TrainError::TooFewFamilies { found, needed: MIN_FAMILIES });
    }
    let stage_families = partition_families(&families, 2, seed.wrapping_add(2)).swap_remove(0);
    let mut parts = partition_families(&stage_families, PARTS, seed.wrapping_add(3));
    let validation = parts.swap_remove(0);
    Ok(Split { name: "stage".into(), train: parts.concat(), validation, test: Vec::new() })
}

fn photos_of<'p>(pedigree: &'p Pedigree, families: &[usize]) -> Vec<(usize, &'p PhotoId)> {
    let people = pedigree.people().iter().filter(|person| families.contains(&person.family));
    let photos = people.flat_map(|person| &person.photos);
    photos.map(|&photo| (photo, &pedigree.photos()[photo])).collect()
}

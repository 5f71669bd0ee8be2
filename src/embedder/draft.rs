//! A bundle that is being put together.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::manifest::{FORMAT, KinshipEntry};
use super::{BackboneEntry, EmbedderError, LandmarksEntry, Manifest, hash};
use crate::backbone::import::{Recognised, read_checkpoint, recognise};
use crate::backbone::preprocessing::Crop;
use crate::backbone::{NamedTensor, Storage, write_safetensors_as};
use crate::domain::Fingerprint;
use crate::kinship::EnsembleConfig;
use crate::whole_file::write_whole;

/// Name of the file of an ensemble's weights.
const KINSHIP_WEIGHTS: &str = "kinship.safetensors";

/// A bundle in a hidden folder beside the one that it becomes when it is whole; dropped before, it leaves nothing.
pub struct Draft {
    bundle: PathBuf,
    folder: PathBuf,
    manifest: Manifest,
}

/// A backbone to be added.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// The file of its weights, in any format that is known.
    pub file: &'a Path,
    /// Name of its architecture, one of [`crate::backbone::Architecture::NAMES`].
    pub architecture: &'a str,
    /// Whether its embedding is the mean of the photo's and its mirror image's.
    pub mirror: bool,
    /// Whether it sees the aligned face; else the photo, cut as the architecture's authors do.
    pub aligned: bool,
    /// How its weights are stored.
    pub storage: Storage,
}

impl<'a> Choice<'a> {
    /// A backbone as its authors use it.
    pub fn new(file: &'a Path, architecture: &'a str) -> Self {
        Self { file, architecture, mirror: false, aligned: false, storage: Storage::F32 }
    }
}

/// A backbone that was added, and what its file held.
pub struct Added {
    /// The file's format and the place that its names are of, in words.
    pub origin: String,
    /// Number of tensors that the network has.
    pub tensors: usize,
    /// Number of values in them.
    pub parameters: usize,
    /// Tensors of the file that the network has no use for.
    pub unused: Vec<String>,
}

impl Draft {
    /// Begins the bundle that is to be at `bundle`, under the terms `licence`.
    ///
    /// # Errors
    /// When there is something already, or the folder beside it cannot be made.
    pub fn new(bundle: &Path, licence: &str) -> Result<Self, EmbedderError> {
        if bundle.exists() {
            return Err(EmbedderError::AlreadyThere { path: bundle.to_owned() });
        }
        let name = bundle.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // On the same disk, under a name that no other process uses.
        let folder = bundle.with_file_name(format!(".{name}.unfinished-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(unwritable(&folder))?;
        let licence = licence.to_owned();
        let manifest = Manifest {
            format: FORMAT,
            name,
            licence,
            kinship: None,
            landmarks: None,
            backbones: Vec::new(),
        };
        Ok(Self { bundle: bundle.to_owned(), folder, manifest })
    }

    /// The folder, until the bundle is whole.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the bundle has so far.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Adds a backbone. One that is there with other weights is a second one of its name, and refused; with the same
    /// weights it is another view of the photo, and called so: `vgg16` aligned, `vgg16-whole` not.
    ///
    /// # Errors
    /// When the file holds no whole weights of that architecture, the bundle has that backbone already, or the weights
    /// cannot be written.
    pub fn add_backbone(&mut self, choice: &Choice<'_>) -> Result<Added, EmbedderError> {
        let file = choice.file;
        let recognised = recognise(file, read_checkpoint(file)?, choice.architecture)?;
        let Recognised { architecture, mut preprocessing, origin, tensors, unused } = recognised;
        preprocessing.mirror = choice.mirror;
        if choice.aligned {
            preprocessing.crop = Crop::Aligned;
        }
        let (weights, sha256) = self.store(choice.architecture, &tensors, choice.storage)?;
        let views = self.manifest.backbones.iter().filter(|other| other.weights == weights);
        let crops: Vec<(Crop, &str)> =
            views.map(|other| (other.preprocessing.crop, other.sha256.as_str())).collect();
        let is_known =
            |&(crop, known): &(Crop, &str)| crop == preprocessing.crop || known != sha256;
        let name = match crops.is_empty() {
            true => choice.architecture.to_owned(),
            false => format!("{}-{}", choice.architecture, view_name(preprocessing.crop)),
        };
        if crops.iter().any(is_known) {
            let reason = format!("two backbones are called '{}'", choice.architecture);
            return Err(EmbedderError::BadManifest { path: self.bundle.clone(), reason });
        }
        let entry = BackboneEntry { name, weights, sha256, network: architecture, preprocessing };
        self.manifest.backbones.push(entry);
        self.manifest.write(&self.folder)?;
        let parameters = tensors.iter().map(|tensor| tensor.values.len()).sum();
        Ok(Added { origin, tensors: tensors.len(), parameters, unused })
    }

    /// Gives the backbone at place `at` other values for some of its weights. They are stored in a file of its own, because
    /// another view of the photo may go on with the old ones; what no backbone uses any more is removed.
    ///
    /// # Errors
    /// When its weights cannot be read, or the new ones cannot be written.
    pub fn retrain_backbone(
        &mut self,
        at: usize,
        (changed, storage): (Vec<NamedTensor>, Storage),
    ) -> Result<(), EmbedderError> {
        let old = self.manifest.backbones[at].weights.clone();
        let mut tensors = read_checkpoint(&self.folder.join(&old))?.tensors;
        for new in changed {
            if let Some(tensor) = tensors.iter_mut().find(|tensor| tensor.name == new.name) {
                tensor.values = new.values;
            }
        }
        let name = format!("{}-retrained", self.manifest.backbones[at].name);
        let (weights, sha256) = self.store(&name, &tensors, storage)?;
        let entry = &mut self.manifest.backbones[at];
        (entry.weights, entry.sha256) = (weights, sha256);
        if self.manifest.backbones.iter().all(|entry| entry.weights != old) {
            let old = self.folder.join(old);
            fs::remove_file(&old).map_err(unwritable(&old))?;
        }
        self.manifest.write(&self.folder)
    }

    /// Adds the network that finds faces, whose weights are in `file`; something is taken for a face from the quality
    /// `min_quality` on.
    ///
    /// # Errors
    /// When the file holds no whole weights of it, or they cannot be written.
    pub fn add_landmarks(
        &mut self,
        file: &Path,
        (min_quality, storage): (f32, Storage),
    ) -> Result<(), EmbedderError> {
        let recognised = recognise(file, read_checkpoint(file)?, "landmarks")?;
        let Recognised { architecture: network, preprocessing, tensors, .. } = recognised;
        let (weights, sha256) = self.store("landmarks", &tensors, storage)?;
        let entry = LandmarksEntry { weights, sha256, min_quality, network, preprocessing };
        self.manifest.landmarks = Some(entry);
        Ok(())
    }

    /// Writes weights into the folder; returns the file's name and its SHA-256.
    fn store(
        &self,
        name: &str,
        tensors: &[NamedTensor],
        storage: Storage,
    ) -> Result<(String, String), EmbedderError> {
        let weights = format!("{name}.safetensors");
        let path = self.folder.join(&weights);
        write_safetensors_as(&path, tensors, storage)?;
        let sha256 = File::open(&path).and_then(|mut file| hash(&mut file));
        Ok((weights, sha256.map_err(unwritable(&path))?.to_string()))
    }

    /// Adds an ensemble over the backbones; in words, on what it was trained and how good it is.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add_kinship(
        &mut self,
        ensemble: EnsembleConfig,
        weights: &[u8],
        (trained_on, measured): (String, String),
    ) -> Result<(), EmbedderError> {
        let path = self.folder.join(KINSHIP_WEIGHTS);
        write_whole(&path, |path| fs::write(path, weights)).map_err(unwritable(&path))?;
        let sha256 = Fingerprint(Sha256::digest(weights).into()).to_string();
        let weights = KINSHIP_WEIGHTS.to_owned();
        self.manifest.kinship =
            Some(KinshipEntry { weights, sha256, trained_on, measured, ensemble });
        self.manifest.write(&self.folder)
    }

    /// The bundle is whole and takes its place.
    ///
    /// # Errors
    /// When it cannot be moved there.
    pub fn finish(self) -> Result<Manifest, EmbedderError> {
        fs::rename(&self.folder, &self.bundle).map_err(unwritable(&self.bundle))?;
        Ok(self.manifest.clone())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Gone already where the bundle was finished; where it was not, what is left is of no use.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn view_name(crop: Crop) -> &'static str {
    if crop == Crop::Aligned { "aligned" } else { "whole" }
}

fn unwritable(path: &Path) -> impl Fn(io::Error) -> EmbedderError {
    let path = path.to_owned();
    move |source| EmbedderError::Unwritable { path: path.clone(), source }
}

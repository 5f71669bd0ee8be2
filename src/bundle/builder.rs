//! Creation of a bundle.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::BundleError;
use super::hash;
use super::manifest::{BackboneEntry, FORMAT, KinshipEntry, LandmarksEntry, Manifest};
use crate::atomic_file::write_atomically;
use crate::domain::Fingerprint;
use crate::kinship::EnsembleConfig;
use crate::network::import::{ImportedWeights, import_weights, read_checkpoint};
use crate::network::preprocessing::Crop;
use crate::network::{NamedTensor, WeightsDtype, write_safetensors_as};

/// File name of an ensemble's weights.
const KINSHIP_WEIGHTS: &str = "kinship.safetensors";

/// A bundle under construction, in a hidden folder next to its final one. Dropping it deletes the
/// folder.
pub struct BundleBuilder {
    bundle: PathBuf,
    folder: PathBuf,
    manifest: Manifest,
}

/// A backbone to add.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// The file of its weights, in any supported format.
    pub file: &'a Path,
    /// Name of its architecture, one of [`crate::network::architectures::Architecture::NAMES`].
    pub architecture: &'a str,
    /// Whether its embedding is the mean over the photo and its mirror image.
    pub mirror: bool,
    /// Whether its input is the aligned face.
    ///
    /// Else it is the photo, cropped as by the architecture's authors.
    pub aligned: bool,
    /// WeightsDtype format of its weights.
    pub storage: WeightsDtype,
}

impl<'a> Choice<'a> {
    /// Selects a backbone with its authors' settings.
    pub fn new(file: &'a Path, architecture: &'a str) -> Self {
        Self { file, architecture, mirror: false, aligned: false, storage: WeightsDtype::F32 }
    }
}

/// A backbone that was added, and the content of its file.
pub struct Added {
    /// The file's format and the publisher of its tensor names, as text.
    pub origin: String,
    /// Number of the network's tensors.
    pub tensors: usize,
    /// Number of values in them.
    pub parameters: usize,
    /// Tensors of the file that the network does not use.
    pub unused: Vec<String>,
}

impl BundleBuilder {
    /// Begins the bundle that will be at `bundle`, with license `licence`.
    ///
    /// # Errors
    /// - [`BundleError::AlreadyThere`] if the path exists.
    /// - [`BundleError::Unwritable`] if the folder next to it cannot be created.
    pub fn new(bundle: &Path, licence: &str) -> Result<Self, BundleError> {
        if bundle.exists() {
            return Err(BundleError::AlreadyThere { path: bundle.to_owned() });
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

    /// The folder, until the bundle is finished.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The manifest so far.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Adds a backbone.
    ///
    /// A second backbone of the same architecture with other weights is refused. With the same
    /// weights it is another view of the photo. Its name shows that: `vgg16` aligned, `vgg16-whole`
    /// not.
    ///
    /// # Errors
    /// - [`BundleError::Engine`] if the file does not hold complete weights of that architecture.
    /// - [`BundleError::BadManifest`] if the bundle has that backbone already.
    /// - [`BundleError::Unwritable`] if the weights cannot be written.
    pub fn add_backbone(&mut self, choice: &Choice<'_>) -> Result<Added, BundleError> {
        let file = choice.file;
        let imported = import_weights(file, read_checkpoint(file)?, choice.architecture)?;
        let ImportedWeights { architecture, mut preprocessing, origin, tensors, unused } = imported;
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
            return Err(BundleError::BadManifest { path: self.bundle.clone(), reason });
        }
        let entry = BackboneEntry { name, weights, sha256, network: architecture, preprocessing };
        self.manifest.backbones.push(entry);
        self.manifest.write(&self.folder)?;
        let parameters = tensors.iter().map(|tensor| tensor.values.len()).sum();
        Ok(Added { origin, tensors: tensors.len(), parameters, unused })
    }

    /// Replaces some weights of the backbone at index `at`.
    ///
    /// They are stored in a separate file, because another view of the photo may still use the old
    /// ones. Files that no backbone uses any more are deleted.
    ///
    /// # Errors
    /// Returns an error if its weights cannot be read, or the new ones cannot be written.
    pub fn retrain_backbone(
        &mut self,
        at: usize,
        changed: Vec<NamedTensor>,
        storage: WeightsDtype,
    ) -> Result<(), BundleError> {
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

    /// Adds the face detector, with the weights in `file`. `min_quality` is the minimum face
    /// quality.
    ///
    /// # Errors
    /// Returns an error if the file does not hold its complete weights, or they cannot be written.
    pub fn add_landmarks(
        &mut self,
        file: &Path,
        min_quality: f32,
        storage: WeightsDtype,
    ) -> Result<(), BundleError> {
        let imported = import_weights(file, read_checkpoint(file)?, "landmarks")?;
        let ImportedWeights { architecture: network, preprocessing, tensors, .. } = imported;
        let (weights, sha256) = self.store("landmarks", &tensors, storage)?;
        let entry = LandmarksEntry { weights, sha256, min_quality, network, preprocessing };
        self.manifest.landmarks = Some(entry);
        Ok(())
    }

    /// Writes weights into the folder. Returns the file's name and its SHA-256.
    fn store(
        &self,
        name: &str,
        tensors: &[NamedTensor],
        storage: WeightsDtype,
    ) -> Result<(String, String), BundleError> {
        let weights = format!("{name}.safetensors");
        let path = self.folder.join(&weights);
        write_safetensors_as(&path, tensors, storage)?;
        let sha256 = File::open(&path).and_then(|mut file| hash(&mut file));
        Ok((weights, sha256.map_err(unwritable(&path))?.to_string()))
    }

    /// Adds an ensemble over the backbones, with its training data and accuracy as text.
    ///
    /// # Errors
    /// Returns an error if it cannot be written.
    pub fn add_kinship(
        &mut self,
        ensemble: EnsembleConfig,
        weights: &[u8],
        trained_on: String,
        measured: String,
    ) -> Result<(), BundleError> {
        let path = self.folder.join(KINSHIP_WEIGHTS);
        write_atomically(&path, |path| fs::write(path, weights)).map_err(unwritable(&path))?;
        let sha256 = Fingerprint(Sha256::digest(weights).into()).to_string();
        let weights = KINSHIP_WEIGHTS.to_owned();
        self.manifest.kinship =
            Some(KinshipEntry { weights, sha256, trained_on, measured, ensemble });
        self.manifest.write(&self.folder)
    }

    /// Moves the finished bundle to its final folder.
    ///
    /// # Errors
    /// [`BundleError::Unwritable`] if it cannot be moved there.
    pub fn finish(self) -> Result<Manifest, BundleError> {
        fs::rename(&self.folder, &self.bundle).map_err(unwritable(&self.bundle))?;
        Ok(self.manifest.clone())
    }
}

impl Drop for BundleBuilder {
    fn drop(&mut self) {
        // A finished bundle has moved already. The rest of an unfinished one is useless.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn view_name(crop: Crop) -> &'static str {
    if crop == Crop::Aligned { "aligned" } else { "whole" }
}

fn unwritable(path: &Path) -> impl Fn(io::Error) -> BundleError {
    let path = path.to_owned();
    move |source| BundleError::Unwritable { path: path.clone(), source }
}

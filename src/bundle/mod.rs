//! Bundles: backbones, face detector and ensemble in one folder.

mod builder;
mod builtin;
mod error;
mod manifest;
mod prepared;
mod view;

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::domain::{Embedding, EmbeddingError, EmbeddingSpace, Fingerprint};
use crate::engine::{Backbone, BackboneSpec, Device, Precision};
use crate::face::{DetectedFace, FaceDetector, crop};
use crate::kinship::Ensemble;
use crate::network::WeightsFile;
use crate::photo::Photo;

pub use builder::{Added, BundleBuilder, Choice};
pub use builtin::{builtin_digest, builtin_fingerprint, write_builtin};
pub use error::BundleError;
pub use manifest::{BackboneEntry, KinshipEntry, LandmarksEntry, Manifest};
pub use prepared::{PhotoFaces, PreparedFace};
use view::View;

/// A loaded bundle.
pub struct Bundle {
    name: String,
    names: Vec<String>,
    /// Per backbone of the bundle.
    views: Vec<View>,
    networks: Vec<Backbone>,
    space: EmbeddingSpace,
    detector: Option<FaceDetector>,
    ensemble: Option<Ensemble>,
}

impl Bundle {
    /// Loads the bundle in the folder `bundle`: its manifest and all weights, including an
    /// ensemble's.
    ///
    /// ```
    /// use kindred::bundle::{Bundle, write_builtin};
    /// use kindred::engine::{Device, Precision};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let folder = tempfile::tempdir()?.path().join("model");
    /// write_builtin(&folder)?;
    /// let bundle = Bundle::load(&folder, Device::Cpu, Precision::F32)?;
    /// assert!(bundle.ensemble().is_some());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - [`BundleError::NoBundle`] if there is no bundle.
    /// - [`BundleError::BadManifest`] if its manifest is invalid.
    /// - [`BundleError::NoWeights`] if a weights file is missing.
    /// - [`BundleError::OtherWeights`] if a weights file has another SHA-256 than in the manifest.
    /// - [`BundleError::Engine`] if weights do not fit their architecture, or the device cannot be used.
    /// - [`BundleError::Face`] if the landmark network has another number of outputs.
    /// - [`BundleError::Kinship`] if the ensemble does not fit the bundle.
    pub fn load(bundle: &Path, device: Device, precision: Precision) -> Result<Self, BundleError> {
        let manifest = Manifest::read(bundle)?;
        let weights = |weights: &str, sha256: &str| {
            let path = bundle.join(weights);
            Ok::<_, BundleError>(WeightsFile::new(&path, open_weights(&path, sha256)?)?)
        };
        let views = View::of_backbones(&manifest.backbones);
        let mut networks: Vec<Backbone> = Vec::new();
        for (entry, view) in manifest.backbones.iter().zip(&views) {
            if view.network == networks.len() {
                let spec = BackboneSpec {
                    architecture: &entry.network,
                    preprocessing: entry.preprocessing,
                };
                let weights = weights(&entry.weights, &entry.sha256)?;
                networks.push(Backbone::load(spec, weights, device, precision)?);
            }
        }
        let detector = |entry: &LandmarksEntry| {
            let spec =
                BackboneSpec { architecture: &entry.network, preprocessing: entry.preprocessing };
            let weights = weights(&entry.weights, &entry.sha256)?;
            // It processes one small image at a time, which a GPU does not speed up.
            let network = Backbone::load(spec, weights, Device::Cpu, Precision::F32)?;
            Ok::<_, BundleError>(FaceDetector::new(network, entry.min_quality)?)
        };
        let detector = manifest.landmarks.as_ref().map(detector).transpose()?;
        let dimensions: Vec<usize> =
            views.iter().map(|view| networks[view.network].dimension()).collect();
        let fingerprint = manifest.fingerprint();
        let name = manifest.name;
        let names: Vec<String> = manifest.backbones.into_iter().map(|entry| entry.name).collect();
        let widths: Vec<_> =
            names.iter().map(String::as_str).zip(dimensions.iter().copied()).collect();
        let ensemble = manifest.kinship.map(|kinship| load_ensemble(bundle, kinship, &widths));
        let ensemble = ensemble.transpose()?;
        let space = EmbeddingSpace { fingerprint, dimensions };
        Ok(Self { name, names, views, networks, space, detector, ensemble })
    }

    /// The bundle's trained ensemble, if it has one.
    pub fn ensemble(&self) -> Option<&Ensemble> {
        self.ensemble.as_ref()
    }

    /// The bundle's face detector, if it has one.
    pub fn detector(&self) -> Option<&FaceDetector> {
        self.detector.as_ref()
    }

    /// The embedding space of this bundle.
    pub fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    /// The bundle's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The backbones' names, in the order of the embeddings.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Detects the faces of a photo, and crops the input of each backbone for each.
    ///
    /// Without a face detector the complete photo counts as one face.
    ///
    /// # Errors
    /// [`BundleError::Face`] if the face detector fails.
    pub fn faces(&self, photo: &Photo) -> Result<PhotoFaces, BundleError> {
        let Some(detector) = &self.detector else {
            let faces = vec![self.crop_face(photo, None)];
            return Ok(PhotoFaces { faces, best_refused: None });
        };
        let (accepted, refused): (Vec<_>, Vec<_>) =
            detector.detect(photo)?.into_iter().partition(|face| detector.accepts(face));
        Ok(PhotoFaces {
            faces: accepted.into_iter().map(|face| self.crop_face(photo, Some(face))).collect(),
            best_refused: refused.into_iter().map(|face| face.quality).max_by(f32::total_cmp),
        })
    }

    fn crop_face(&self, photo: &Photo, detected: Option<DetectedFace>) -> PreparedFace {
        let mut crops = Vec::with_capacity(self.views.len());
        for view in &self.views {
            let size = self.networks[view.network].input_size() as u32;
            crops.push(crop(photo, detected.as_ref(), view.preprocessing.crop, size).rgb);
        }
        PreparedFace { crops, detected }
    }

    /// Embeds faces in one batch. Returns the embeddings by each backbone, or an error, per face.
    ///
    /// # Errors
    /// [`BundleError::Engine`] if a backbone fails for the complete batch.
    pub fn embed_faces(
        &self,
        faces: &[&PreparedFace],
    ) -> Result<Vec<Result<Vec<Embedding>, EmbeddingError>>, BundleError> {
        let mut outputs: Vec<Vec<Vec<f32>>> = vec![Vec::new(); self.views.len()];
        for (i, network) in self.networks.iter().enumerate() {
            let views: Vec<usize> =
                (0..self.views.len()).filter(|&view| self.views[view].network == i).collect();
            let mut inputs = Vec::with_capacity(views.len());
            for &view in &views {
                let crops = faces.iter().map(|face| face.crop(view)).collect();
                inputs.push((self.views[view].preprocessing, crops));
            }
            for (view, embedded) in views.into_iter().zip(network.embed_views(&inputs)?) {
                outputs[view] = embedded;
            }
        }
        let mut embedded = Vec::with_capacity(faces.len());
        for face in 0..faces.len() {
            let outputs = outputs.iter_mut().map(|view| std::mem::take(&mut view[face]));
            embedded.push(outputs.map(Embedding::normalize).collect());
        }
        Ok(embedded)
    }
}

fn load_ensemble(
    bundle: &Path,
    entry: KinshipEntry,
    backbones: &[(&str, usize)],
) -> Result<Ensemble, BundleError> {
    let path = bundle.join(entry.weights);
    let mut weights = Vec::new();
    let mut file = open_weights(&path, &entry.sha256)?;
    let unreadable = |source| BundleError::Unreadable { path, source };
    file.read_to_end(&mut weights).map_err(unreadable)?;
    Ok(Ensemble::new(entry.ensemble, backbones, &weights)?)
}

/// Opens a weights file. Checks it against the SHA-256 in the manifest.
fn open_weights(path: &Path, sha256: &str) -> Result<File, BundleError> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => BundleError::NoWeights { path: path.to_owned() },
        _ => BundleError::Unreadable { path: path.to_owned(), source },
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let found = hash(&mut file).map_err(unreadable)?.to_string();
    if found != sha256 {
        let path = path.to_owned();
        let expected = sha256.to_owned();
        return Err(BundleError::OtherWeights { path, expected, found });
    }
    file.rewind().map_err(unreadable)?;
    Ok(file)
}

/// Returns the SHA-256 of the rest of a file.
fn hash(file: &mut File) -> io::Result<Fingerprint> {
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(Fingerprint(hasher.finalize().into())),
            len => hasher.update(&piece[..len]),
        }
    }
}

//! A photo to one embedding per backbone of a bundle.

mod builtin;
mod draft;
mod error;
mod finder;
mod manifest;

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::backbone::preprocessing::Crop;
use crate::backbone::{Backbone, Device, Precision, WeightsFile};
use crate::domain::{Embedding, EmbeddingError, EmbeddingSpace, Fingerprint};
use crate::kinship::Ensemble;
use crate::photo::{self, Landmarks, Photo, Similarity};

pub use builtin::write_builtin;
pub use draft::{Added, Choice, Draft};
pub use error::EmbedderError;
pub use finder::{DEFAULT_MIN_QUALITY, FaceFinder, FoundFace};
pub use manifest::{BackboneEntry, KinshipEntry, LandmarksEntry, Manifest};

/// A loaded bundle.
pub struct Embedder {
    name: String,
    names: Vec<String>,
    backbones: Vec<Backbone>,
    space: EmbeddingSpace,
    finder: Option<FaceFinder>,
    ensemble: Option<Ensemble>,
}

/// A face as the backbones of one bundle want it.
pub struct Face {
    /// Per backbone `(size, size, 3)` bytes of RGB.
    crops: Vec<Vec<u8>>,
    /// Where it is in its photo; none where the bundle does not look for it.
    pub found: Option<FoundFace>,
    /// Pixels of a row and of a column of its photo.
    pub photo_size: [u32; 2],
}

impl Face {
    /// What the backbone at this place of the bundle takes: `(size, size, 3)` bytes of RGB.
    pub fn crop(&self, backbone: usize) -> &[u8] {
        &self.crops[backbone]
    }
}

impl Embedder {
    /// Loads the bundle in the folder `bundle`: its manifest and the weights that names, an ensemble's too.
    ///
    /// # Errors
    /// When there is no bundle, its manifest is wrong, a weights file is missing, is not the one the manifest names by
    /// its SHA-256, or does not fit its architecture, or when the device cannot be used.
    pub fn load(
        bundle: &Path,
        device: Device,
        precision: Precision,
    ) -> Result<Self, EmbedderError> {
        let manifest = Manifest::read(bundle)?;
        let weights = |weights: &str, sha256: &str| {
            let path = bundle.join(weights);
            Ok::<_, EmbedderError>(WeightsFile::new(&path, open_weights(&path, sha256)?)?)
        };
        let load = |entry: &BackboneEntry| {
            let (network, weights) = (&entry.network, weights(&entry.weights, &entry.sha256)?);
            Ok(Backbone::load((network, entry.preprocessing), weights, device, precision)?)
        };
        let backbones =
            manifest.backbones.iter().map(load).collect::<Result<Vec<_>, EmbedderError>>()?;
        let find = |entry: &LandmarksEntry| {
            let (network, weights) = (&entry.network, weights(&entry.weights, &entry.sha256)?);
            // One small picture after the other: nothing for a GPU.
            let place = (Device::Cpu, Precision::F32);
            let network =
                Backbone::load((network, entry.preprocessing), weights, place.0, place.1)?;
            FaceFinder::new(network, entry.min_quality)
        };
        let finder = manifest.landmarks.as_ref().map(find).transpose()?;
        let dimensions = backbones.iter().map(Backbone::dimension).collect();
        let space = EmbeddingSpace { fingerprint: manifest.fingerprint(), dimensions };
        let name = manifest.name;
        let names: Vec<String> = manifest.backbones.into_iter().map(|entry| entry.name).collect();
        let widths =
            names.iter().map(String::as_str).zip(backbones.iter().map(Backbone::dimension));
        let widths: Vec<_> = widths.collect();
        let ensemble = manifest.kinship.map(|kinship| load_ensemble(bundle, kinship, &widths));
        let ensemble = ensemble.transpose()?;
        Ok(Self { name, names, backbones, space, finder, ensemble })
    }

    /// The bundle's trained ensemble; none where it has none.
    pub fn ensemble(&self) -> Option<&Ensemble> {
        self.ensemble.as_ref()
    }

    /// What finds faces in photos; none where the bundle has no network for that.
    pub fn finder(&self) -> Option<&FaceFinder> {
        self.finder.as_ref()
    }

    /// What this bundle embeds into.
    pub fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    /// What the bundle is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The backbones' names, in the order of the embeddings.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Finds the face in a photo, where the bundle has a network for that, and cuts out what each backbone takes.
    ///
    /// # Errors
    /// When there is no plausible face.
    pub fn prepare(&self, photo: &Photo) -> Result<Face, EmbedderError> {
        let found = self.finder.as_ref().map(|finder| finder.find(photo)).transpose()?;
        let crop = |backbone: &Backbone| {
            let size = backbone.input_size() as u32;
            let aligned = match (backbone.crop(), &found) {
                (Crop::Aligned, Some(face)) => align(photo, face, size),
                _ => None,
            };
            aligned.unwrap_or_else(|| square(photo, size, backbone.crop())).rgb
        };
        let crops = self.backbones.iter().map(crop).collect();
        Ok(Face { crops, found, photo_size: [photo.width, photo.height] })
    }

    /// Embeds faces in one batch. Returns per face its embedding by each backbone, or why it has none.
    ///
    /// # Errors
    /// When a backbone fails for the whole batch.
    pub fn embed(
        &self,
        faces: &[Face],
    ) -> Result<Vec<Result<Vec<Embedding>, EmbeddingError>>, EmbedderError> {
        let mut embeddings: Vec<_> = faces.iter().map(|_| Ok(Vec::new())).collect();
        for (at, backbone) in self.backbones.iter().enumerate() {
            let crops: Vec<&[u8]> = faces.iter().map(|face| face.crops[at].as_slice()).collect();
            for (face, output) in embeddings.iter_mut().zip(backbone.embed(&crops)?) {
                match (face.as_mut(), Embedding::normalise(output)) {
                    (Ok(found), Ok(embedding)) => found.push(embedding),
                    (Ok(_), Err(error)) => *face = Err(error),
                    (Err(_), _) => {}
                }
            }
        }
        Ok(embeddings)
    }
}

/// The face of a photo in its place in a square of `size` pixels.
fn align(photo: &Photo, face: &FoundFace, size: u32) -> Option<Photo> {
    let to = Similarity::fit(&face.landmarks, &Landmarks::aligned(size as f32));
    photo::warp(photo, &to, size)
}

/// A photo as a square of `size` pixels.
fn square(photo: &Photo, size: u32, crop: Crop) -> Photo {
    let (short, long) = (photo.width.min(photo.height), photo.width.max(photo.height));
    let scaled = |to: u32, of: u32| {
        let side =
            |side: u32| (f64::from(side) * f64::from(to) / f64::from(of)).round().max(1.0) as u32;
        photo::resize(photo, side(photo.width), side(photo.height))
    };
    match crop {
        Crop::Stretch | Crop::Aligned => photo::resize(photo, size, size),
        Crop::Center => photo::middle(&scaled((size * 8).div_ceil(7), short), size),
        Crop::Letterbox => photo::middle(&scaled(size, long), size),
    }
}

fn load_ensemble(
    bundle: &Path,
    entry: KinshipEntry,
    backbones: &[(&str, usize)],
) -> Result<Ensemble, EmbedderError> {
    let path = bundle.join(entry.weights);
    let mut weights = Vec::new();
    let mut file = open_weights(&path, &entry.sha256)?;
    let unreadable = |source| EmbedderError::Unreadable { path, source };
    file.read_to_end(&mut weights).map_err(unreadable)?;
    Ok(Ensemble::new(entry.ensemble, backbones, &weights)?)
}

/// Opens a file of weights, if it is the one that the manifest names by its SHA-256.
fn open_weights(path: &Path, sha256: &str) -> Result<File, EmbedderError> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => EmbedderError::NoWeights { path: path.to_owned() },
        _ => EmbedderError::Unreadable { path: path.to_owned(), source },
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let found = hash(&mut file).map_err(unreadable)?.to_string();
    if found != sha256 {
        let (path, expected) = (path.to_owned(), sha256.to_owned());
        return Err(EmbedderError::OtherWeights { path, expected, found });
    }
    file.rewind().map_err(unreadable)?;
    Ok(file)
}

/// The SHA-256 of what is left in a file.
fn hash(file: &mut File) -> io::Result<Fingerprint> {
    let (mut hasher, mut piece) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(Fingerprint(hasher.finalize().into())),
            len => hasher.update(&piece[..len]),
        }
    }
}

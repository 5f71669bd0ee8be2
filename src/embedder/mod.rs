//! A photo to one embedding per backbone of a bundle.

mod error;
mod import;
mod manifest;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::backbone::preprocessing::Crop;
use crate::backbone::{Backbone, Device, Precision, WeightsFile};
use crate::domain::{Embedding, EmbeddingError, EmbeddingSpace, Fingerprint};
use crate::photo::{self, Photo};

pub use error::EmbedderError;
pub use import::{Import, import};
pub use manifest::{BackboneEntry, Manifest};

/// A loaded bundle.
pub struct Embedder {
    names: Vec<String>,
    backbones: Vec<Backbone>,
    space: EmbeddingSpace,
}

/// A face as the backbones of one bundle want it: per backbone `(size, size, 3)` bytes of RGB.
pub struct Face(Vec<Vec<u8>>);

impl Embedder {
    /// Loads the bundle in the folder `bundle`: its manifest and the weights that names.
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
        let load = |entry: &BackboneEntry| {
            let weights = open_weights(bundle, entry)?;
            let network = (&entry.network, entry.preprocessing);
            Ok::<_, EmbedderError>(Backbone::load(network, weights, device, precision)?)
        };
        let backbones = manifest.backbones.iter().map(load).collect::<Result<Vec<_>, _>>()?;
        let dimensions = backbones.iter().map(Backbone::dimension).collect();
        let space = EmbeddingSpace { fingerprint: manifest.fingerprint(), dimensions };
        let names = manifest.backbones.into_iter().map(|entry| entry.name).collect();
        Ok(Self { names, backbones, space })
    }

    /// What this bundle embeds into.
    pub fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    /// The backbones' names, in the order of the embeddings.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Scales a photo to what each backbone takes.
    pub fn prepare(&self, photo: &Photo) -> Face {
        let square = |backbone: &Backbone| {
            let size = backbone.input_size() as u32;
            square(photo, size, backbone.crop()).rgb
        };
        Face(self.backbones.iter().map(square).collect())
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
            let crops: Vec<&[u8]> = faces.iter().map(|face| face.0[at].as_slice()).collect();
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

/// A photo as a square of `size` pixels.
fn square(photo: &Photo, size: u32, crop: Crop) -> Photo {
    let (short, long) = (photo.width.min(photo.height), photo.width.max(photo.height));
    let scaled = |to: u32, of: u32| {
        let side =
            |side: u32| (f64::from(side) * f64::from(to) / f64::from(of)).round().max(1.0) as u32;
        photo::resize(photo, side(photo.width), side(photo.height))
    };
    match crop {
        Crop::Stretch => photo::resize(photo, size, size),
        Crop::Center => photo::middle(&scaled((size * 8).div_ceil(7), short), size),
        Crop::Letterbox => photo::middle(&scaled(size, long), size),
    }
}

/// Opens the weights of a backbone, if they are the ones that its entry names.
fn open_weights(bundle: &Path, entry: &BackboneEntry) -> Result<WeightsFile, EmbedderError> {
    let path = bundle.join(&entry.weights);
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => EmbedderError::NoWeights { path: path.clone() },
        _ => EmbedderError::Unreadable { path: path.clone(), source },
    };
    let mut file = File::open(&path).map_err(unreadable)?;
    let found = hash(&mut file).map_err(unreadable)?.to_string();
    if found != entry.sha256 {
        return Err(EmbedderError::OtherWeights { path, expected: entry.sha256.clone(), found });
    }
    Ok(WeightsFile::new(&path, file)?)
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

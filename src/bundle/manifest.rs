//! A bundle's `manifest.toml`.

use std::path::Path;
use std::{fs, io};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::BundleError;
use crate::atomic_file::write_atomically;
use crate::domain::Fingerprint;
use crate::kinship::EnsembleConfig;
use crate::network::architectures::Architecture;
use crate::network::preprocessing::{Crop, Preprocessing};

const FILE: &str = "manifest.toml";

/// The newest version of the manifest format.
pub(super) const FORMAT: u32 = 1;

/// The components of a bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the manifest format; 1.
    pub format: u32,
    /// Name of the bundle.
    pub name: String,
    /// License of the weights, as text.
    #[serde(default)]
    pub licence: String,
    /// The trained kinship ensemble.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinship: Option<KinshipEntry>,
    /// The face detector. A bundle with one refuses photos without a face.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landmarks: Option<LandmarksEntry>,
    /// The backbones. The first is the retrieval space.
    #[serde(rename = "backbone")]
    pub backbones: Vec<BackboneEntry>,
}

/// A backbone of a bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackboneEntry {
    /// Name of the backbone, unique in the bundle.
    pub name: String,
    /// Name of the safetensors file next to the manifest.
    pub weights: String,
    /// SHA-256 of that file, 64 lowercase hexadecimal digits.
    pub sha256: String,
    /// The network's architecture.
    pub network: Architecture,
    /// Preprocessing of pixels to its input.
    pub preprocessing: Preprocessing,
}

/// The landmark network of a bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LandmarksEntry {
    /// Name of the safetensors file next to the manifest.
    pub weights: String,
    /// SHA-256 of that file, 64 lowercase hexadecimal digits.
    pub sha256: String,
    /// Minimum face quality, 0 to 1.
    pub min_quality: f32,
    /// The network's architecture.
    pub network: Architecture,
    /// Preprocessing of pixels to its input.
    pub preprocessing: Preprocessing,
}

/// The ensemble of a bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KinshipEntry {
    /// Name of the safetensors file next to the manifest.
    pub weights: String,
    /// SHA-256 of that file, 64 lowercase hexadecimal digits.
    pub sha256: String,
    /// Training data, as text.
    pub trained_on: String,
    /// Measured accuracy, as text.
    pub measured: String,
    /// Configuration of the ensemble.
    pub ensemble: EnsembleConfig,
}

impl Manifest {
    /// Reads the manifest of the bundle in the folder `bundle`.
    ///
    /// # Errors
    /// - [`BundleError::NoBundle`] if there is none.
    /// - [`BundleError::Unreadable`] if it cannot be read.
    /// - [`BundleError::BadManifest`] if it is invalid.
    pub fn read(bundle: &Path) -> Result<Self, BundleError> {
        let path = bundle.join(FILE);
        let text = fs::read_to_string(&path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                BundleError::NoBundle { path: bundle.to_owned() }
            }
            _ => BundleError::Unreadable { path: path.clone(), source },
        })?;
        Self::parse(&text).map_err(|reason| BundleError::BadManifest { path, reason })
    }

    /// Parses and checks a manifest. Returns the reason if it is invalid.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let manifest: Self = toml::from_str(text).map_err(|error| one_line(&error))?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Writes the manifest into the folder `bundle`.
    ///
    /// # Errors
    /// [`BundleError::Unwritable`] if the file cannot be written.
    pub(super) fn write(&self, bundle: &Path) -> Result<(), BundleError> {
        let path = bundle.join(FILE);
        let text = toml::to_string(self).expect("plain data becomes TOML");
        write_atomically(&path, |path| fs::write(path, text))
            .map_err(|source| BundleError::Unwritable { path, source })
    }

    /// Returns the SHA-256 of all inputs that determine the embeddings.
    ///
    /// These are the network, preprocessing and weights per backbone, in order, and the landmark
    /// network, if any. Names and licenses are not included.
    pub fn fingerprint(&self) -> Fingerprint {
        let decisive = self.backbones.iter().map(|b| (&b.network, &b.preprocessing, &b.sha256));
        let mut hasher = Sha256::new();
        let json = "plain data becomes JSON";
        hasher.update(serde_json::to_vec(&decisive.collect::<Vec<_>>()).expect(json));
        if let Some(landmarks) = &self.landmarks {
            hasher.update(serde_json::to_vec(landmarks).expect(json));
        }
        Fingerprint(hasher.finalize().into())
    }

    fn check(&self) -> Result<(), String> {
        if self.format != FORMAT {
            return Err(format!("format {} is not known here, only {FORMAT}", self.format));
        }
        if self.backbones.is_empty() || self.backbones.len() > usize::from(u8::MAX) {
            return Err("a bundle has 1 to 255 [[backbone]] tables".into());
        }
        if let Some(kinship) = &self.kinship {
            check_file(&kinship.weights, &kinship.sha256)?;
        }
        if let Some(landmarks) = &self.landmarks {
            check_file(&landmarks.weights, &landmarks.sha256)?;
            check_preprocessing("landmarks", &landmarks.preprocessing)?;
        }
        for (at, backbone) in self.backbones.iter().enumerate() {
            backbone.check()?;
            if backbone.preprocessing.crop == Crop::Aligned && self.landmarks.is_none() {
                return Err(format!("'{}' is aligned, and there is no [landmarks]", backbone.name));
            }
            if self.backbones[..at].iter().any(|other| other.name == backbone.name) {
                return Err(format!("two backbones are called '{}'", backbone.name));
            }
        }
        Ok(())
    }
}

impl BackboneEntry {
    fn check(&self) -> Result<(), String> {
        check_file(&self.weights, &self.sha256)?;
        check_preprocessing(&self.name, &self.preprocessing)
    }
}

fn check_preprocessing(name: &str, preprocessing: &Preprocessing) -> Result<(), String> {
    let Preprocessing { mean, scale, .. } = preprocessing;
    if !mean.iter().all(|mean| mean.is_finite()) || !scale.is_normal() {
        return Err(format!("the preprocessing of '{name}' has no finite mean and scale"));
    }
    Ok(())
}

fn check_file(weights: &str, sha256: &str) -> Result<(), String> {
    if Path::new(weights).file_name() != Some(weights.as_ref()) {
        return Err(format!("weights '{weights}' is not the name of a file next to the manifest"));
    }
    if sha256.parse::<Fingerprint>().is_err() || sha256.to_lowercase() != sha256 {
        return Err(format!("sha256 of '{weights}' is not 64 hexadecimal digits in lower case"));
    }
    Ok(())
}

/// Returns the first line of toml's message, with the position. The other lines only quote the
/// text.
fn one_line(error: &toml::de::Error) -> String {
    error.message().lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
        format = 1
        name = "faces"
        [[backbone]]
        name = "mobilefacenet"
        weights = "mobilefacenet.safetensors"
        sha256 = "00000000000000000000000000000000000000000000000000000000000000aa"
        network = { architecture = "mobilefacenet" }
        preprocessing = { channels = "rgb", mean = [127.5, 127.5, 127.5], scale = 0.0078125 }
    "#;

    fn read(text: &str) -> Result<Manifest, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), text).unwrap();
        Manifest::read(folder.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn only_what_decides_the_embeddings_changes_the_fingerprint() {
        let manifest = read(MANIFEST).unwrap();
        let fingerprint = |change: fn(&mut Manifest)| {
            let mut other = manifest.clone();
            change(&mut other);
            other.fingerprint()
        };
        assert_eq!(fingerprint(|m| m.name = "other".into()), manifest.fingerprint());
        assert_eq!(fingerprint(|m| m.backbones[0].name = "b".into()), manifest.fingerprint());
        assert_ne!(
            fingerprint(|m| m.backbones[0].preprocessing.mirror = true),
            manifest.fingerprint()
        );
        assert_ne!(fingerprint(|m| m.backbones[0].sha256 = "b".repeat(64)), manifest.fingerprint());
    }

    #[test]
    fn a_wrong_manifest_is_refused_with_the_reason() {
        let cases = [
            (MANIFEST.replace("format = 1", "format = 9"), "format 9"),
            (
                MANIFEST.replace("\"mobilefacenet.safetensors\"", "\"../other\""),
                "next to the manifest",
            ),
            (MANIFEST.replace("00aa", "zz"), "hexadecimal"),
            (MANIFEST.replace("\"mobilefacenet\" }", "\"resnet\" }"), "resnet"),
            (MANIFEST.replace("scale", "scales"), "scales"),
            (MANIFEST.replace("0.0078125", "nan"), "finite"),
            ("format = 1\nname = 'x'\nbackbone = []".into(), "[[backbone]]"),
        ];
        for (text, reason) in cases {
            let error = read(&text).unwrap_err();
            assert!(error.contains(reason) && !error.contains('\n'), "{error}");
        }
    }
}

//! A tiny bundle with random weights.

use std::fs;
use std::path::Path;

use kindred::bundle::{BundleBuilder, BundleError, Choice, Manifest};
use kindred::network::architectures::{Architecture, vgg16};
use kindred::network::write_safetensors;
use sha2::{Digest, Sha256};

use super::weights::random_weights;

/// The tiny network: VGG16's layout on 32 × 32 pixels, with a 16-d embedding.
pub fn network() -> vgg16::Config {
    vgg16::Config {
        input_size: 32,
        channels: [4, 4, 8, 8, 8],
        hidden: 16,
        output: vgg16::Output::Fc7,
    }
}

/// Writes the tiny bundle into `folder`.
pub fn write(folder: &Path, seed: u64) {
    write_of(folder, &network(), seed);
}

/// Writes a bundle of a network in VGG16's layout into `folder`.
pub fn write_of(folder: &Path, config: &vgg16::Config, seed: u64) {
    fs::create_dir_all(folder).unwrap();
    let weights = folder.join("tiny.safetensors");
    let architecture = Architecture::Vgg16(config.clone());
    write_safetensors(&weights, &random_weights(&architecture, seed)).unwrap();
    let vgg16::Config { input_size, channels, hidden, .. } = config;
    let hash = Sha256::digest(fs::read(&weights).unwrap());
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let manifest = format!(
        r#"
        format = 1
        name = "tiny"
        [[backbone]]
        name = "tiny"
        weights = "tiny.safetensors"
        sha256 = "{hash}"
        network = {{ architecture = "vgg16", input_size = {input_size}, channels = {channels:?}, hidden = {hidden} }}
        preprocessing = {{ channels = "bgr", mean = [128.0, 128.0, 128.0], scale = 0.0078125 }}
        "#
    );
    fs::write(folder.join("manifest.toml"), manifest).unwrap();
}

/// Imports weights into a new bundle.
pub fn import(file: &Path, architecture: &str, bundle: &Path) -> Result<Manifest, BundleError> {
    let mut draft = BundleBuilder::new(bundle, "")?;
    draft.add_backbone(&Choice::new(file, architecture))?;
    draft.finish()
}

//! A tiny bundle with random weights.

use std::fs;
use std::path::Path;

use kindred::backbone::{Architecture, NamedTensor, vgg16, write_safetensors};
use sha2::{Digest, Sha256};

use super::Random;

/// The tiny network: VGG16's layout on 32 × 32 pixels, with a 16-d embedding.
pub fn network() -> vgg16::Config {
    vgg16::Config {
        input_size: 32,
        channels: [4, 4, 8, 8, 8],
        hidden: 16,
        output: vgg16::Output::Fc7,
    }
}

/// Random weights of a network, scaled so that activations neither die nor grow.
pub fn random_weights(architecture: &Architecture, seed: u64) -> Vec<NamedTensor> {
    let mut random = Random(seed);
    let network = architecture.network().unwrap();
    let tensor = |parameter: &kindred::backbone::network::Parameter| {
        let shape = parameter.shape.clone();
        let fan_in: usize = shape[1..].iter().product();
        let scale = (6.0 / fan_in as f32).sqrt();
        let values = (0..shape.iter().product()).map(|_| random.signed() * scale).collect();
        NamedTensor { name: parameter.name.clone(), shape, values }
    };
    network.parameters().iter().map(tensor).collect()
}

/// Writes the tiny bundle into `folder`.
pub fn write(folder: &Path, seed: u64) {
    fs::create_dir_all(folder).unwrap();
    let weights = folder.join("tiny.safetensors");
    write_safetensors(&weights, &random_weights(&Architecture::Vgg16(network()), seed)).unwrap();
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
        network = {{ architecture = "vgg16", input_size = 32, channels = [4, 4, 8, 8, 8], hidden = 16 }}
        preprocessing = {{ channels = "bgr", mean = [128.0, 128.0, 128.0], scale = 0.0078125 }}
        "#
    );
    fs::write(folder.join("manifest.toml"), manifest).unwrap();
}

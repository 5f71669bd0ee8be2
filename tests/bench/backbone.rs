//! Backbones on the CPU beside ONNX Runtime on the same weights, photos and threads.
//!
//! ```sh
//! python3 -m venv venv && venv/bin/pip install numpy onnx onnxruntime safetensors
//! RAYON_NUM_THREADS=2 KINDRED_PYTHON=venv/bin/python cargo bench --bench backbone -- vgg16 mobilefacenet
//! ```
//!
//! The two take turns; printed are the medians of both and the median of their ratios. Ours counts the preprocessing
//! in, ONNX Runtime's does not.

#![expect(
    unreachable_pub,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and ends where something it needs is not there"
)]

#[path = "measuring.rs"]
mod measuring;
#[path = "noise.rs"]
mod noise;
#[path = "onnx_peer.rs"]
mod onnx_peer;
#[path = "python.rs"]
mod python;
#[path = "../it/support/random.rs"]
mod random;
#[path = "../it/support/weights.rs"]
mod weights;

use std::fs::File;
use std::time::Instant;

use kindred::engine::{Backbone, BackboneSpec, Device, Precision};
use kindred::network::architectures::Architecture;
use kindred::network::preprocessing::{ChannelOrder, Crop, Preprocessing};
use kindred::network::{WeightsFile, write_safetensors};

use measuring::median;
use noise::noise;
use onnx_peer::Peer;

const ROUNDS: usize = 9;
const PIXELS: Preprocessing = Preprocessing {
    channels: ChannelOrder::Rgb,
    mean: [127.5; 3],
    scale: 1.0 / 128.0,
    mirror: false,
    crop: Crop::Stretch,
};

fn main() {
    let names: Vec<String> =
        std::env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    let names = if names.is_empty() { vec!["vgg16".into(), "mobilefacenet".into()] } else { names };
    let threads = rayon::current_num_threads();
    println!("{threads} threads; milliseconds a photo, medians of {ROUNDS} rounds\n");
    println!(
        "{:<20} {:>5} {:>9} {:>9} {:>6}  farthest output",
        "network", "batch", "kindred", "onnx", "ratio"
    );
    for name in names {
        bench(&name, threads);
    }
}

fn bench(name: &str, threads: usize) {
    let architecture: Architecture =
        serde_json::from_value(serde_json::json!({ "architecture": name })).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    write_safetensors(&path, &weights::random_weights(&architecture, 1)).unwrap();
    let mut peer = Peer::start(folder.path(), &architecture.network().unwrap(), threads);
    let file = WeightsFile::new(&path, File::open(&path).unwrap()).unwrap();
    let spec = BackboneSpec { architecture: &architecture, preprocessing: PIXELS };
    let backbone = Backbone::load(spec, file, Device::Cpu, Precision::F32).unwrap();
    for batch in [1, 8, 32] {
        compare(&backbone, &mut peer, (name, batch));
    }
}

fn compare(backbone: &Backbone, peer: &mut Peer, (name, batch): (&str, usize)) {
    let size = backbone.input_size();
    let faces = noise(batch, size);
    let faces: Vec<&[u8]> = faces.iter().map(Vec::as_slice).collect();
    // One that warms up, and shows that the two are the same network.
    let difference = farthest(&backbone.embed(&faces).unwrap(), &peer.embed(&faces, PIXELS));

    let repeats = (16 / batch).max(1);
    let mut rounds: Vec<[f64; 2]> = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        (0..repeats).for_each(|_| drop(backbone.embed(&faces).unwrap()));
        let ours = started.elapsed().as_secs_f64() * 1e3;
        let photos = (repeats * batch) as f64;
        rounds.push([ours / photos, peer.time(repeats) / photos]);
    }
    let ours = median(rounds.iter().map(|[ours, _]| *ours));
    let theirs = median(rounds.iter().map(|[_, theirs]| *theirs));
    let ratio = median(rounds.iter().map(|[ours, theirs]| theirs / ours));
    println!("{name:<20} {batch:>5} {ours:>9.2} {theirs:>9.2} {ratio:>5.2}x  {difference:.1e}");
}

/// The largest difference of two outputs, relative to the largest value.
fn farthest(ours: &[Vec<f32>], theirs: &[f32]) -> f32 {
    let largest = theirs.iter().fold(0.0, |max: f32, value| max.max(value.abs()));
    let pairs = ours.iter().flatten().zip(theirs);
    pairs.fold(0.0, |max: f32, (a, b)| max.max((a - b).abs())) / largest
}

//! The default bundle, from decoded photos to embeddings, beside ONNX Runtime that runs MobileFaceNet alone, the network
//! that the default backbone was taught by.
//!
//! ```sh
//! python3 -m venv venv && venv/bin/pip install numpy onnx onnxruntime safetensors
//! RAYON_NUM_THREADS=2 KINDRED_PYTHON=venv/bin/python cargo bench --bench embedding
//! ```
//!
//! Ours finds the face, aligns it, preprocesses and embeds it, once with the aligned face and its mirror image alone, and
//! once as the bundle does, with the photo as it is beside them. ONNX Runtime's photos are aligned and preprocessed
//! before. All take turns; printed are the medians in photos a second and of the ratios.

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

use std::fs;
use std::path::Path;
use std::time::Instant;

use kindred::bundle::{Bundle, BundleBuilder, Choice, write_builtin};
use kindred::engine::{Device, Precision};
use kindred::network::architectures::{Architecture, mobilefacenet};
use kindred::network::{WeightsDtype, write_safetensors};
use kindred::photo::{Limits, Photo, decode};
use rayon::prelude::*;

use measuring::median;
use noise::noise;
use onnx_peer::Peer;

const ROUNDS: usize = 9;
/// Photos that are embedded at a time, by both.
const BATCH: usize = 32;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let threads = rayon::current_num_threads();
    let whole = folder.path().join("default");
    write_builtin(&whole).unwrap();
    let load = |bundle: &Path| Bundle::load(bundle, Device::Cpu, Precision::F32).unwrap();
    let bundles =
        [("aligned", load(&aligned_only(&whole, folder.path()))), ("both views", load(&whole))];
    let (mut peer, photos) = (peer(folder.path(), threads), photos());
    println!("{threads} threads; photos a second, medians of {ROUNDS} rounds\n");
    println!("{:<12} {:>9} {:>9} {:>6}", "default", "kindred", "onnx", "ratio");
    for (name, bundle) in &bundles {
        embed(bundle, &photos);
        let rounds: Vec<[f64; 2]> = (0..ROUNDS)
            .map(|_| {
                let started = Instant::now();
                embed(bundle, &photos);
                let ours = photos.len() as f64 / started.elapsed().as_secs_f64();
                let repeats = photos.len() / BATCH;
                [ours, (repeats * BATCH) as f64 / (peer.time(repeats) / 1e3)]
            })
            .collect();
        let [ours, theirs] = [0, 1].map(|at| median(rounds.iter().map(|round| round[at])));
        let ratio = median(rounds.iter().map(|[ours, theirs]| ours / theirs));
        println!("{name:<12} {ours:>9.1} {theirs:>9.1} {ratio:>5.2}x");
    }
}

/// As an ingest does it.
fn embed(bundle: &Bundle, photos: &[Photo]) {
    for batch in photos.chunks(BATCH) {
        let photos: Vec<_> = batch.par_iter().map(|photo| bundle.faces(photo).unwrap()).collect();
        let faces: Vec<_> = photos.iter().map(|found| &found.faces[0]).collect();
        let embeddings = bundle.embed_faces(&faces).unwrap();
        assert!(embeddings.iter().all(Result::is_ok));
    }
}

/// The bundle with its aligned view alone.
fn aligned_only(bundle: &Path, folder: &Path) -> std::path::PathBuf {
    let path = folder.join("aligned");
    let mut draft = BundleBuilder::new(&path, "").unwrap();
    let file = |name: &str| bundle.join(name);
    draft.add_landmarks(&file("landmarks.safetensors"), 0.5, WeightsDtype::F16).unwrap();
    let weights = file("vggface-lite.safetensors");
    let choice = Choice {
        mirror: true,
        aligned: true,
        storage: WeightsDtype::F16,
        ..Choice::new(&weights, "vggface-lite")
    };
    draft.add_backbone(&choice).unwrap();
    draft.finish().unwrap();
    path
}

/// MobileFaceNet with random weights, which take as long as any others, ready to run on a batch.
fn peer(folder: &Path, threads: usize) -> Peer {
    let architecture = Architecture::MobileFaceNet(mobilefacenet::Config::default());
    let weights = weights::random_weights(&architecture, 1);
    write_safetensors(&folder.join("weights.safetensors"), &weights).unwrap();
    let network = architecture.network().unwrap();
    let mut peer = Peer::start(folder, &network, threads);
    let faces = noise(BATCH, network.input_size());
    let faces: Vec<&[u8]> = faces.iter().map(Vec::as_slice).collect();
    peer.embed(&faces, architecture.preprocessing());
    peer
}

/// The drawn faces that come with the program, decoded.
fn photos() -> Vec<Photo> {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample");
    let files = walkdir::WalkDir::new(sample).sort_by_file_name().into_iter();
    let files = files.filter_map(Result::ok).map(walkdir::DirEntry::into_path);
    let photos = files.filter(|path| path.extension().is_some_and(|end| end == "jpg"));
    photos.map(|path| decode(&fs::read(path).unwrap(), &Limits::default()).unwrap()).collect()
}

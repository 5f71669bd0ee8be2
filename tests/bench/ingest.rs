//! A whole ingest of JPEG photos beside the bare network, and its peak memory.
//!
//! ```sh
//! RAYON_NUM_THREADS=2 cargo bench --bench ingest -- vgg16 mobilefacenet
//! ```
//!
//! Photos are noise of 224 × 224 pixels, weights are random. The two take turns; printed are the medians in photos a
//! second, and the median of their ratios. The ingest's time is the whole program's, less the one it takes for no photo
//! that is not there yet: starting, and loading the model.

#![expect(
    unreachable_pub,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and ends where something it needs is not there"
)]

#[path = "../it/support/random.rs"]
mod random;
#[path = "../it/support/weights.rs"]
mod weights;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use kindred::bundle::{BundleBuilder, Choice, Manifest};
use kindred::engine::{Backbone, BackboneSpec, Device, Precision};
use kindred::network::architectures::Architecture;
use kindred::network::{WeightsFile, write_safetensors};
use nix::sys::resource::{UsageWho, getrusage};

use random::Random;

const ROUNDS: usize = 3;
const SIDE: u32 = 224;
/// Photos that the ingest hands to the network at a time.
const BATCH: usize = 16;

fn main() {
    let names: Vec<String> =
        std::env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    let names = if names.is_empty() { vec!["vgg16".into()] } else { names };
    println!(
        "{} threads; photos a second, medians of {ROUNDS} rounds\n",
        rayon::current_num_threads()
    );
    println!("{:<20} {:>9} {:>9} {:>6}", "network", "ingest", "bare", "share");
    for name in &names {
        bench(name);
    }
    // The largest child is the largest network's ingest.
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss();
    println!("\npeak memory of an ingest: {} MB", peak / 1000);
}

fn bench(name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (bundle, photos) = (folder.path().join("bundle"), folder.path().join("photos"));
    let count = if name == "mobilefacenet" { 2000 } else { 320 };
    let manifest = make_bundle(name, folder.path(), &bundle);
    make_photos(&photos, count);

    let entry = &manifest.backbones[0];
    let path = bundle.join(&entry.weights);
    let file = WeightsFile::new(&path, File::open(&path).unwrap()).unwrap();
    let spec = BackboneSpec { architecture: &entry.network, preprocessing: entry.preprocessing };
    let backbone = Backbone::load(spec, file, Device::Cpu, Precision::F32).unwrap();

    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let gallery = folder.path().join(format!("gallery{round}"));
        let whole = ingest(&photos, &gallery, &bundle);
        let start = ingest(&photos, &gallery, &bundle);
        rounds.push([count as f64 / (whole - start), bare(&backbone, count)]);
    }
    let median = |figure: fn(&[f64; 2]) -> f64| {
        let mut figures: Vec<f64> = rounds.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures[ROUNDS / 2]
    };
    let (ours, bare, share) = (median(|r| r[0]), median(|r| r[1]), median(|r| r[0] / r[1]));
    println!("{name:<20} {ours:>9.1} {bare:>9.1} {:>5.0}%", share * 100.0);
}

fn make_bundle(name: &str, folder: &Path, bundle: &Path) -> Manifest {
    let architecture: Architecture =
        serde_json::from_value(serde_json::json!({ "architecture": name })).unwrap();
    let file = folder.join("weights.safetensors");
    write_safetensors(&file, &weights::random_weights(&architecture, 1)).unwrap();
    let mut draft = BundleBuilder::new(bundle, "").unwrap();
    draft.add_backbone(&Choice::new(&file, name)).unwrap();
    draft.finish().unwrap()
}

/// Photos of 32 people each in a family of their own.
fn make_photos(folder: &Path, count: usize) {
    let mut random = Random(5);
    for at in 0..count {
        let person = folder.join(format!("F{:04}/MID1", at % 32 + 1));
        fs::create_dir_all(&person).unwrap();
        let tint = random.next();
        let photo = image::RgbImage::from_fn(SIDE, SIDE, |x, y| {
            let wave = |channel: u64| (tint >> (8 * channel)) as u32 + x * (channel as u32 + 1) + y;
            let noise = random.below(16) as u32;
            image::Rgb([0, 1, 2].map(|channel| ((wave(channel) & 0xff) / 2 + noise) as u8))
        });
        photo.save(person.join(format!("P{at:05}_face1.jpg"))).unwrap();
    }
}

/// Seconds that `kindred ingest` takes.
fn ingest(photos: &Path, gallery: &Path, bundle: &Path) -> f64 {
    let started = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_kindred"))
        .args(["ingest".as_ref(), "--photos".as_ref(), photos.as_os_str()])
        .args(["--gallery".as_ref(), gallery.as_os_str()])
        .args(["--model".as_ref(), bundle.as_os_str()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.unwrap().success());
    started.elapsed().as_secs_f64()
}

/// Photos a second that the network alone embeds, in the batches of an ingest.
fn bare(backbone: &Backbone, count: usize) -> f64 {
    let face = vec![77; 3 * backbone.input_size().pow(2)];
    let batch = [face.as_slice(); BATCH];
    drop(backbone.embed(&batch).unwrap());
    let started = Instant::now();
    (0..count / BATCH).for_each(|_| drop(backbone.embed(&batch).unwrap()));
    count as f64 / started.elapsed().as_secs_f64()
}

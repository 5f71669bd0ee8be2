//! The service under load, as ratios to the same work without it.
//!
//! ```sh
//! cargo install oha --locked
//! KINDRED_OHA=oha cargo bench --bench service
//! ```
//!
//! A gallery of 100,000 drawn embeddings is searched with the default bundle. oha asks the server, which is a process of
//! its own on the same cores: one request after the other where it is unloaded; as many at once as it takes to keep it
//! busy; or at a given rate, whether answers come or not. `requests N` sends so many mixed requests at last, 200,000 unless told,
//! and tells the server's memory on the way.

#![expect(
    unreachable_pub,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and ends where something it needs is not there"
)]

#[path = "search/faces.rs"]
#[expect(dead_code, reason = "the benchmark of searches uses all of it")]
mod faces;
#[path = "service/load.rs"]
mod load;
#[path = "measuring.rs"]
mod measuring;
#[path = "service/process.rs"]
mod process;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use kindred::bundle::Bundle;
use kindred::domain::{ContentHash, EmbeddedFace, EmbeddedPhoto, Embedding, NoProgress};
use kindred::engine::{Device, Precision};
use kindred::gallery::{EmbeddedGallery, Gallery, NewPhoto};
use kindred::photo::{Limits, decode};
use kindred::search::{Options, Probe, Query, ReferenceCache, SearchContext, search};

use faces::Faces;
use load::{Load, Pace};
use measuring::median;
use process::Server;

const FACES: usize = 100_000;
const ROUNDS: usize = 200;
/// Requests at once that keep the server busy.
const BUSY: usize = 16;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = folder.path().join("gallery");
    let bundle = repository("models/default");
    let loaded = Bundle::load(&bundle, Device::Cpu, Precision::F32).unwrap();
    let photo = fs::read(repository("data/sample/F0001/MID1/P00001_face0.jpg")).unwrap();
    println!("{FACES} faces, {} threads\n", rayon::current_num_threads());
    let (model_ms, probe) = model_alone(&loaded, &photo);
    let search_ms = {
        let gallery = filled(&gallery, (&loaded, &bundle));
        search_alone(&gallery, &loaded, &probe)
    };
    let embed_rate = embed_command(&bundle);
    let server = Server::start(&gallery);
    let load = Load::new(folder.path(), &server.address, &photo, &probe);

    let one = load.photos(Pace::Count(1, ROUNDS));
    println!(
        "a photo:      {model_ms:>7.2} ms by the model alone, {:>7.2} ms a search (p50), {:.2}x",
        one.p50_ms,
        one.p50_ms / model_ms
    );
    let busy = load.photos_embedded(Pace::Busy(BUSY));
    println!(
        "photos:       {embed_rate:>7.1} a second by kindred embed, {:>7.1} by the service, {:.2}x",
        busy.per_second,
        busy.per_second / embed_rate
    );
    let half = load.photos_embedded(Pace::Steady(busy.per_second / 2.0));
    println!(
        "at half that: {:>7.2} ms p50, {:>7.2} ms p99, {:.2}x",
        half.p50_ms,
        half.p99_ms,
        half.p99_ms / half.p50_ms
    );
    let one = load.embeddings(Pace::Count(1, 5 * ROUNDS));
    println!(
        "an embedding: {search_ms:>7.2} ms in process, {:>7.2} ms a search (p50), {:.2}x",
        one.p50_ms,
        one.p50_ms / search_ms
    );
    let (busy, health) = (load.embeddings(Pace::Busy(BUSY)), load.health(Pace::Busy(BUSY)));
    println!(
        "embeddings:   {:>7.0} /healthz a second, {:>7.0} searches, {:.2}x",
        health.per_second,
        busy.per_second,
        busy.per_second / health.per_second
    );
    let requests = mixed_requests();
    print!("memory, MB, after each tenth of {requests} mixed requests: {:.0}", server.memory_mb());
    for _ in 0..10 {
        load.embeddings(Pace::Count(BUSY, requests / 20));
        load.health(Pace::Count(BUSY, requests / 20 - requests / 200));
        load.photos(Pace::Count(BUSY, requests / 200));
        print!(" {:.0}", server.memory_mb());
    }
    println!();
}

fn mixed_requests() -> usize {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|argument| argument == "requests");
    at.map_or(200_000, |at| arguments[at + 1].parse().unwrap())
}

fn repository(inside: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(inside)
}

/// Milliseconds from a photo's file to its embeddings, and these.
fn model_alone(loaded: &Bundle, photo: &[u8]) -> (f64, Vec<Embedding>) {
    let run = || {
        let photo = decode(photo, &Limits::default()).unwrap();
        let found = loaded.faces(&photo).unwrap();
        loaded.embed_faces(&[&found.faces[0]]).unwrap().remove(0).unwrap()
    };
    run();
    (timed(run), run())
}

fn search_alone(gallery: &dyn Gallery, loaded: &Bundle, probe: &[Embedding]) -> f64 {
    let (view, photos) = (gallery.view().unwrap(), [probe.to_vec()]);
    let references = ReferenceCache::default();
    timed(|| {
        let query = Query::Relatives(Probe { photos: &photos, known: BTreeSet::new() });
        let context = SearchContext::new(&view, loaded.ensemble(), &references).unwrap();
        search(&context, &query, &Options::default()).unwrap()
    })
}

/// Median milliseconds.
fn timed<T>(mut run: impl FnMut() -> T) -> f64 {
    let times = (0..ROUNDS).map(|_| {
        let started = Instant::now();
        run();
        1e3 * started.elapsed().as_secs_f64()
    });
    median(times)
}

/// Photos a second of `kindred embed` over the sample.
fn embed_command(bundle: &Path) -> f64 {
    let out = tempfile::tempdir().unwrap();
    let sample = repository("data/sample");
    let rates = (0..3).map(|at| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kindred"));
        command.arg("embed").arg("--photos").arg(&sample).arg("--model").arg(bundle);
        let started = Instant::now();
        let output = command
            .arg("--out")
            .arg(out.path().join(format!("{at}.safetensors")))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        449.0 / started.elapsed().as_secs_f64()
    });
    median(rates)
}

/// A sealed gallery.
fn filled(path: &Path, (loaded, bundle): (&Bundle, &Path)) -> EmbeddedGallery {
    let gallery = EmbeddedGallery::open_or_create(path, loaded.space(), bundle).unwrap();
    let widths = &loaded.space().dimensions;
    let faces: Vec<Faces> = widths.iter().map(|&width| Faces::draw(FACES, width)).collect();
    let enrolment = |at: usize| NewPhoto {
        id: format!("F{:04}/MID{}/P{at}", 1 + at / 40, 1 + at / 8 % 5).parse().unwrap(),
        photo: EmbeddedPhoto {
            content_hash: ContentHash([0; 32]),
            thumbnail: None,
            faces: vec![EmbeddedFace {
                embeddings: faces.iter().map(|faces| faces.vectors[at].clone()).collect(),
            }],
        },
    };
    for first in (0..FACES).step_by(1000) {
        gallery.add_photos((first..first + 1000).map(enrolment).collect()).unwrap();
    }
    gallery.seal(&NoProgress).unwrap();
    gallery
}

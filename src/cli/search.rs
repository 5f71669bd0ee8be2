//! `kindred search`

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use sha2::{Digest, Sha256};

use super::compute::Compute;
use super::exit::{Ending, Failure};
use crate::api::wire::{SearchResponse, TimingsMs};
use crate::domain::ContentHash;
use crate::embedder::Embedder;
use crate::error::{ErrorKind, io_kind};
use crate::gallery::Gallery;
use crate::photo::{self, Limits};
use crate::search::{Answer, Options, Probe, search};

#[derive(Args)]
pub(super) struct Arguments {
    /// The photo: a crop of one face
    photo: PathBuf,
    /// Folder of the gallery
    #[arg(long)]
    gallery: PathBuf,
    /// Folder of the model bundle, if it is no longer where the gallery was made with it
    #[arg(long, value_name = "BUNDLE")]
    model: Option<PathBuf>,
    #[command(flatten)]
    compute: Compute,
    /// Most people to show, 1 to 1000
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=Options::MAX_LIMIT as i64))]
    limit: u16,
    /// Write JSON, in the form of the HTTP service
    #[arg(long)]
    json: bool,
}

#[expect(clippy::print_stdout, reason = "the answer is the command's output")]
pub(super) fn run(arguments: &Arguments) -> Result<Ending, Failure> {
    let mut timings = TimingsMs::default();
    let gallery = Gallery::open(&arguments.gallery)?;
    let embedder = load_bundle(&gallery, (arguments.model.as_deref(), &arguments.compute))?;

    let started = Instant::now();
    let bytes = read(&arguments.photo)?;
    let named = |error: photo::PhotoError| {
        Failure::new(ErrorKind::InvalidInput, format!("{}: {error}", arguments.photo.display()))
    };
    let face = embedder.prepare(&photo::decode(&bytes, &Limits::default()).map_err(named)?);
    timings.decode = milliseconds(started);

    let started = Instant::now();
    let embeddings = embedder.embed(&[face])?.swap_remove(0);
    let embeddings = embeddings.map_err(|e| Failure::new(ErrorKind::Internal, e.to_string()))?;
    timings.embed = milliseconds(started);

    let snapshot = gallery.snapshot()?;
    let started = Instant::now();
    let content_hash = Some(ContentHash(Sha256::digest(&bytes).into()));
    let probe = Probe { embedding: &embeddings[0], content_hash };
    let options = Options { limit: arguments.limit.into(), ..Options::default() };
    let answer = search(&snapshot, &probe, options);
    timings.search = milliseconds(started);

    if arguments.json {
        let response = serde_json::to_string_pretty(&SearchResponse::new(&answer, timings));
        println!(
            "{}",
            response.map_err(|error| Failure::new(ErrorKind::Internal, error.to_string()))?
        );
    } else {
        print_answer(&answer);
    }
    Ok(Ending::Done)
}

/// Loads the bundle a gallery was made with, from `elsewhere` if it was moved.
pub(super) fn load_bundle(
    gallery: &Gallery,
    (elsewhere, compute): (Option<&Path>, &Compute),
) -> Result<Embedder, Failure> {
    let bundle = elsewhere.unwrap_or(gallery.bundle());
    let embedder = compute.load(bundle).map_err(|error| match elsewhere {
        Some(_) => error.into(),
        None => {
            let failure = Failure::from(error);
            Failure::new(
                failure.kind(),
                format!("{failure} (say where the gallery's bundle is with --model)"),
            )
        }
    })?;
    gallery.check_bundle(embedder.space())?;
    Ok(embedder)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(io_kind(&error), format!("cannot read {}: {error}", path.display()))
    };
    let limit = Limits::default().max_file_bytes;
    let size = fs::metadata(path).map_err(failed)?.len();
    if size > limit {
        return Err(photo::PhotoError::FileTooLarge { found: size, limit }.into());
    }
    fs::read(path).map_err(failed)
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

#[expect(clippy::print_stdout, reason = "the answer is the command's output")]
fn print_answer(answer: &Answer) {
    if answer.people.is_empty() {
        println!("The gallery has no photo to compare with.");
        return;
    }
    println!("{:>4}  {:<14} {:>6}  {:>6}  nearest photo", "rank", "person", "cosine", "photos");
    for (rank, found) in (1..).zip(&answer.people) {
        let nearest = found.photos.first().map(|p| p.photo.to_string()).unwrap_or_default();
        let person = found.person.to_string();
        println!(
            "{rank:>4}  {person:<14} {:>6.3}  {:>6}  {nearest}",
            found.cosine,
            found.photos.len()
        );
    }
    println!(
        "\n{:>4}  {:<14} {:>6}  people found (kin they are listed with)",
        "rank", "family", "cosine"
    );
    for (rank, found) in (1..).zip(&answer.families) {
        let of_family = answer.people.iter().filter(|p| p.person.family() == found.family);
        let people: Vec<String> = of_family.map(|p| with_kin(&p.person, &p.listed_kin)).collect();
        let family = found.family.to_string();
        println!("{rank:>4}  {family:<14} {:>6.3}  {}", found.cosine, people.join(", "));
    }
}

fn with_kin(person: &crate::domain::MemberId, kin: &[crate::domain::MemberId]) -> String {
    if kin.is_empty() {
        return person.to_string();
    }
    let kin: Vec<_> = kin.iter().map(ToString::to_string).collect();
    format!("{person} ({})", kin.join(" "))
}

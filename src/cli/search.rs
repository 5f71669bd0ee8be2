//! `kindred search`

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::exit::{Ending, Failure};
use super::opened::Opened;
use crate::api::wire::{Context, FaceSeen, ModelVersion, SearchResponse, TimingsMs};
use crate::domain::{ContentHash, Embedding, Who};
use crate::embedder::{Embedder, Face};
use crate::error::{Classify, ErrorKind, io_kind};
use crate::gallery::{Filter, Selection};
use crate::photo::{self, Limits};
use crate::search::{Answer, CoupleMatch, Grouping, Options, PersonMatch, Probe, Query, search};

#[derive(Args)]
pub(super) struct Arguments {
    /// The photo, a crop of one face; several are taken for photos of one person
    #[arg(required = true)]
    photos: Vec<PathBuf>,
    /// A photo of the other parent: search for children of both; may be given several times
    #[arg(long, value_name = "PHOTO")]
    other_parent: Vec<PathBuf>,
    #[command(flatten)]
    opened: Opened,
    /// Most people to show, 1 to 1000
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=Options::MAX_LIMIT as i64))]
    limit: u16,
    /// Search for two parents: people of one family who are both likely kin, and not listed as each other's
    #[arg(long, conflicts_with = "other_parent")]
    parents: bool,
    /// Nearest photos that a trained bundle judges, 1 to 10000
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=Options::MAX_CANDIDATES as i64))]
    candidates: u16,
    /// Search only among these families, people or photos: F0001, F0001/MID2, F0001/MID2/P00001_face0
    #[arg(long, value_name = "WHO")]
    only: Vec<Who>,
    /// Leave these families, people or photos out
    #[arg(long, value_name = "WHO")]
    without: Vec<Who>,
    /// Compare every photo instead of walking through the search graph
    #[arg(long)]
    exact: bool,
    /// Photos kept in view on a walk through the search graph: more find more, and take longer
    #[arg(long, conflicts_with = "exact", value_parser = clap::value_parser!(u32).range(1..=Options::MAX_EF as i64))]
    ef: Option<u32>,
    /// Show only who is at least so likely kin, 0 to 1; takes a trained bundle
    #[arg(long, value_name = "P", value_parser = probability)]
    min_probability: Option<f64>,
    /// Write JSON, in the form of the HTTP service
    #[arg(long)]
    json: bool,
}

impl Arguments {
    /// What counts, the probe's own files left out.
    fn filter(&self, own_files: Vec<ContentHash>) -> Filter {
        let only = (!self.only.is_empty()).then(|| Selection::of(&self.only));
        Filter { only, without: Selection { files: own_files, ..Selection::of(&self.without) } }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Ending, Failure> {
    let mut timings = TimingsMs::default();
    let (gallery, embedder) = arguments.opened.open()?;

    let started = Instant::now();
    let read = |path: &PathBuf| read_face(path, &embedder);
    let person = arguments.photos.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let other = arguments.other_parent.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let seen = |part, (index, (face, _)): (usize, &(Face, ContentHash))| {
        FaceSeen::new((part, index), face)
    };
    let faces = person.iter().enumerate().map(|face| seen("image", face));
    let faces =
        faces.chain(other.iter().enumerate().map(|face| seen("other_parent", face))).collect();
    let own_files: Vec<ContentHash> = person.iter().chain(&other).map(|(_, hash)| *hash).collect();
    timings.decode = milliseconds(started);

    let started = Instant::now();
    let (person, other) = (embed(&embedder, person)?, embed(&embedder, other)?);
    timings.embed = milliseconds(started);

    let snapshot = gallery.snapshot()?;
    let started = Instant::now();
    let person = Probe { photos: &person };
    let query = match other.as_slice() {
        [] if arguments.parents => Query::Parents(person),
        [] => Query::Relatives(person),
        photos => Query::Children([person, Probe { photos }]),
    };
    let options = Options {
        limit: arguments.limit.into(),
        group_by: Grouping::Person,
        candidates: arguments.candidates.into(),
        ef: arguments.ef.map(|ef| ef as usize),
        exact: arguments.exact,
        min_probability: arguments.min_probability,
        filter: arguments.filter(own_files),
    };
    let answer = search((&snapshot, embedder.ensemble()), &query, &options)?;
    timings.search = milliseconds(started);

    if arguments.json {
        let model = ModelVersion::of(&embedder);
        let (gallery_version, explained_by) = (gallery.version()?, None);
        let context = Context { faces, timings, model, gallery_version, explained_by };
        print_json(&SearchResponse::new(&answer, context))?;
    } else {
        print_answer(&answer);
    }
    Ok(Ending::Done)
}

fn probability(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=1.0).contains(&value) { Ok(value) } else { Err("not from 0 to 1".into()) }
}

/// A photo as the backbones want it, and the hash of its file.
pub(super) fn read_face(path: &Path, embedder: &Embedder) -> Result<(Face, ContentHash), Failure> {
    let bytes = read(path)?;
    let photo = photo::decode(&bytes, &Limits::default()).map_err(|error| {
        Failure::new(ErrorKind::InvalidInput, format!("{}: {error}", path.display()))
    })?;
    let face = embedder
        .prepare(&photo)
        .map_err(|error| Failure::new(error.kind(), format!("{}: {error}", path.display())))?;
    Ok((face, ContentHash(Sha256::digest(&bytes).into())))
}

/// Per photo one embedding per backbone.
pub(super) fn embed(
    embedder: &Embedder,
    faces: Vec<(Face, ContentHash)>,
) -> Result<Vec<Vec<Embedding>>, Failure> {
    let faces: Vec<Face> = faces.into_iter().map(|(face, _)| face).collect();
    let embedded = embedder.embed(&faces)?.into_iter();
    embedded.map(|r| r.map_err(|e| Failure::new(ErrorKind::Internal, e.to_string()))).collect()
}

/// Writes what the HTTP service would answer.
#[expect(clippy::print_stdout, reason = "the answer is the command's output")]
pub(super) fn print_json(response: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(response);
    println!("{}", text.map_err(|error| Failure::new(ErrorKind::Internal, error.to_string()))?);
    Ok(())
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
pub(super) fn print_answer(answer: &Answer) {
    if answer.people.is_empty() && answer.same_person.is_empty() {
        println!("The gallery has no photo to compare with.");
        return;
    }
    if !answer.same_person.is_empty() {
        println!("Photos of the same person, by their likeness:");
        print_people(&answer.same_person);
        println!();
    }
    print_people(&answer.people);
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
    if !answer.couples.is_empty() {
        println!("\n{:>4}  couple", "rank");
    }
    for (rank, CoupleMatch { people: [a, b], probability }) in (1..).zip(&answer.couples) {
        println!("{rank:>4}  {a} and {b}, {:.0} %", 100.0 * probability);
    }
    let judged = answer.people.iter().filter_map(|person| person.kinship.as_ref());
    if judged.clone().count() > 0 && !judged.clone().any(|kinship| kinship.is_kin) {
        println!("\nNobody is likely enough to be kin.");
    }
}

#[expect(clippy::print_stdout, reason = "the answer is the command's output")]
fn print_people(people: &[PersonMatch]) {
    println!(
        "{:>4}  {:<14} {:>6}  {:>8}  {:>6}  nearest photo",
        "rank", "person", "cosine", "kinship", "photos"
    );
    for (rank, found) in (1..).zip(people) {
        let nearest = found.photos.first().map(|p| p.photo.to_string()).unwrap_or_default();
        let (person, photos) = (found.person.to_string(), found.photos.len());
        let kinship = found.kinship.as_ref().map_or("-".to_owned(), |kinship| {
            format!(
                "{:.0} %{}",
                100.0 * kinship.probability,
                if kinship.is_kin { " *" } else { "  " }
            )
        });
        println!(
            "{rank:>4}  {person:<14} {:>6.3}  {kinship:>8}  {photos:>6}  {nearest}",
            found.cosine
        );
    }
}

fn with_kin(person: &crate::domain::MemberId, kin: &[crate::domain::MemberId]) -> String {
    if kin.is_empty() {
        return person.to_string();
    }
    let kin: Vec<_> = kin.iter().map(ToString::to_string).collect();
    format!("{person} ({})", kin.join(" "))
}

//! `kindred search`

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::answer::print_answer;
use super::exit::{ExitStatus, Failure};
use super::opened::Opened;
use super::output::line;
use crate::bundle::{Bundle, Face};
use crate::domain::{ContentHash, Embedding, EntityId, PersonId};
use crate::error::{Classify, ErrorKind, io_kind};
use crate::gallery::{Filter, GalleryView, Selection};
use crate::photo::{self, Limits};
use crate::search::{Grouping, Options, Probe, Query, ReferenceCache, SearchContext, search};
use crate::wire::{Context, FaceSeen, ModelVersion, SearchResponse, TimingsMs};

#[derive(Args)]
pub(super) struct Arguments {
    /// Photo, a crop of one face; several must show one person
    #[arg(required = true)]
    photos: Vec<PathBuf>,
    /// Target of the search; default children if there is another parent, otherwise relatives
    #[arg(long)]
    mode: Option<Mode>,
    /// Photo of the other parent, to search for children of both; repeatable
    #[arg(long, value_name = "PHOTO")]
    other_parent: Vec<PathBuf>,
    /// Enrolled person in the photos, excluded from the search for relatives; repeatable
    #[arg(long = "as", value_name = "PERSON")]
    known_as: Vec<PersonId>,
    #[command(flatten)]
    opened: Opened,
    /// Maximum number of people to print, 1 to 1000
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=Options::MAX_LIMIT as i64))]
    limit: u16,
    /// The same as --mode parents
    #[arg(long, hide = true, conflicts_with_all = ["other_parent", "mode"])]
    parents: bool,
    /// Number of nearest photos that a trained bundle scores, 1 to 10000
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=Options::MAX_CANDIDATES as i64))]
    candidates: u16,
    /// Search only these families, people or photos: F0001, F0001/MID2, F0001/MID2/P00001_face0
    #[arg(long, value_name = "WHO")]
    only: Vec<EntityId>,
    /// Leave these families, people or photos out
    #[arg(long, value_name = "WHO")]
    without: Vec<EntityId>,
    /// Compare every photo, without the search graph
    #[arg(long)]
    exact: bool,
    /// Candidate list size of the search graph: a larger one finds more, and takes longer
    #[arg(long, conflicts_with = "exact", value_parser = clap::value_parser!(u32).range(1..=Options::MAX_EF as i64))]
    ef: Option<u32>,
    /// Expected number of relatives among the people searched; 0 for evidence without a prior
    #[arg(long, value_name = "N", default_value_t = Options::DEFAULT_EXPECTED_RELATIVES, value_parser = expected_relatives)]
    expected_relatives: f64,
    /// Share of probes without a relative for which a person may be marked as kin, 0 to 1
    #[arg(long, value_name = "RATE", default_value_t = Options::DEFAULT_FALSE_POSITIVE_RATE, value_parser = rate)]
    max_false_positive_rate: f64,
    /// Minimum probability of kinship for the prior, 0 to 1; requires a trained bundle
    #[arg(long, value_name = "P", value_parser = rate)]
    min_probability: Option<f64>,
    /// Write JSON, in the form of the HTTP service
    #[arg(long)]
    json: bool,
}

/// Target of a search.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Mode {
    /// Relatives of the person
    Relatives,
    /// Other photos of the person
    SamePerson,
    /// Children of the person and the other parent
    Children,
    /// Two possible parents of the person
    Parents,
}

/// Photos of one person.
struct ProbePhotos {
    embeddings: Vec<Vec<Embedding>>,
    files: Vec<ContentHash>,
}

impl Arguments {
    fn mode(&self) -> Result<Mode, Failure> {
        let has_other = !self.other_parent.is_empty();
        let default = match (has_other, self.parents) {
            (true, _) => Mode::Children,
            (false, true) => Mode::Parents,
            (false, false) => Mode::Relatives,
        };
        let mode = self.mode.unwrap_or(default);
        if (mode == Mode::Children) != has_other {
            let detail =
                "--mode children takes a photo of each parent, the second with --other-parent";
            return Err(Failure::new(ErrorKind::InvalidInput, detail));
        }
        Ok(mode)
    }

    /// Returns the filter of the photos to search, without the probe's own files.
    fn filter(&self, own_files: Vec<ContentHash>) -> Filter {
        let only = (!self.only.is_empty()).then(|| Selection::from_entities(&self.only));
        Filter {
            only,
            without: Selection { files: own_files, ..Selection::from_entities(&self.without) },
        }
    }

    fn options(&self, own_files: Vec<ContentHash>) -> Options {
        Options {
            limit: self.limit.into(),
            group_by: Grouping::Person,
            candidates: self.candidates.into(),
            ef: self.ef.map(|ef| ef as usize),
            exact: self.exact,
            min_probability: self.min_probability,
            expected_relatives: self.expected_relatives,
            max_false_positive_rate: self.max_false_positive_rate,
            filter: self.filter(own_files),
        }
    }

    /// Checks that the named people are in the gallery. A misspelled name would leave no one to search.
    fn check_enrolled(&self, view: &dyn GalleryView) -> Result<(), Failure> {
        let known = self.known_as.iter().map(|&person| EntityId::Person(person));
        for entity in self.only.iter().cloned().chain(known) {
            if !view.contains(&entity)? {
                let detail = format!("{entity} is not in the gallery");
                return Err(Failure::new(ErrorKind::NotFound, detail));
            }
        }
        Ok(())
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let mode = arguments.mode()?;
    let mut timings = TimingsMs::default();
    let (gallery, bundle) = arguments.opened.open()?;
    let view = gallery.view_for(bundle.space())?;
    arguments.check_enrolled(&*view)?;

    let started = Instant::now();
    let read = |path: &PathBuf| read_face(path, &bundle);
    let person = arguments.photos.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let other = arguments.other_parent.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let faces = [("image", &person), ("other_parent", &other)]
        .into_iter()
        .flat_map(|(part, faces)| {
            faces.iter().enumerate().map(move |(i, (face, _))| FaceSeen::new(part, i, face))
        })
        .collect();
    timings.decode = milliseconds(started);

    let started = Instant::now();
    let person = ProbePhotos::embedded(&bundle, person)?;
    let other = ProbePhotos::embedded(&bundle, other)?;
    timings.embed = milliseconds(started);

    let started = Instant::now();
    let known_as: BTreeSet<PersonId> = arguments.known_as.iter().copied().collect();
    let probe = person.probe(&*view, known_as)?;
    let query = match mode {
        Mode::Relatives => Query::Relatives(probe),
        Mode::SamePerson => Query::SamePerson(probe),
        Mode::Children => Query::Children([probe, other.probe(&*view, BTreeSet::new())?]),
        Mode::Parents => Query::Parents(probe),
    };
    let options = arguments.options([person.files.as_slice(), &other.files].concat());
    let context = SearchContext::new(&view, bundle.ensemble(), &ReferenceCache::default())?;
    let answer = search(&context, &query, &options)?;
    timings.search = milliseconds(started);

    if arguments.json {
        let model = ModelVersion::of(&bundle);
        let gallery_version = gallery.version()?;
        let explained_by = None;
        let context = Context { faces, timings, model, gallery_version, explained_by };
        print_json(&SearchResponse::new(&answer, context))?;
    } else {
        print_answer(&answer, &query, &options);
    }
    Ok(ExitStatus::Done)
}

impl ProbePhotos {
    fn embedded(bundle: &Bundle, faces: Vec<(Face, ContentHash)>) -> Result<Self, Failure> {
        let files = faces.iter().map(|(_, hash)| *hash).collect();
        Ok(Self { embeddings: embed(bundle, faces)?, files })
    }

    /// Returns the probe. It is known if one of its files is enrolled.
    fn probe(
        &self,
        view: &dyn GalleryView,
        mut known: BTreeSet<PersonId>,
    ) -> Result<Probe<'_>, Failure> {
        known.extend(view.people_of_files(&self.files)?);
        Ok(Probe { photos: &self.embeddings, known })
    }
}

/// Parses a number from 0 to 1.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    number(text, 1.0)
}

/// Parses a number of relatives.
pub(super) fn expected_relatives(text: &str) -> Result<f64, String> {
    number(text, Options::MAX_EXPECTED_RELATIVES)
}

fn number(text: &str, most: f64) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=most).contains(&value) { Ok(value) } else { Err(format!("not from 0 to {most}")) }
}

/// Reads the face of a photo, prepared for the backbones, and the hash of its file.
pub(super) fn read_face(path: &Path, bundle: &Bundle) -> Result<(Face, ContentHash), Failure> {
    let bytes = read(path)?;
    let photo = photo::decode(&bytes, &Limits::default()).map_err(|error| {
        Failure::new(ErrorKind::InvalidInput, format!("{}: {error}", path.display()))
    })?;
    let face = bundle
        .prepare(&photo)
        .map_err(|error| Failure::new(error.kind(), format!("{}: {error}", path.display())))?;
    Ok((face, ContentHash(Sha256::digest(&bytes).into())))
}

/// Embeds faces. Returns one embedding per backbone for each photo.
pub(super) fn embed(
    bundle: &Bundle,
    faces: Vec<(Face, ContentHash)>,
) -> Result<Vec<Vec<Embedding>>, Failure> {
    let faces: Vec<Face> = faces.into_iter().map(|(face, _)| face).collect();
    let embedded = bundle.embed(&faces)?.into_iter();
    embedded.map(|r| r.map_err(|e| Failure::new(ErrorKind::Internal, e.to_string()))).collect()
}

/// Prints the response of the HTTP service.
pub(super) fn print_json(response: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(response);
    line!("{}", text.map_err(|error| Failure::new(ErrorKind::Internal, error.to_string()))?);
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

//! `kindred search`

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use serde::Serialize;

use super::answer::print_answer;
use super::exit::{ExitStatus, Failure};
use super::opened::Opened;
use super::output::line;
use super::probe::{ProbePhotos, prepare_photos};
use crate::error::ErrorKind;
use crate::pipeline::PreparedPhoto;
use crate::search::{ReferenceCache, SearchContext, search};
use crate::wire::{
    Context, ModelVersion, Priors, ProbeFace, SearchOptions, SearchResponse, TimingsMs,
};

#[derive(Args)]
pub(super) struct Arguments {
    /// Photos of the probe; all must show one person
    #[arg(required = true, value_name = "PHOTO")]
    photos: Vec<PathBuf>,
    /// Photo of the other parent, to search for children of both; repeatable
    #[arg(long, value_name = "PHOTO")]
    other_parent: Vec<PathBuf>,
    #[command(flatten)]
    opened: Opened,
    #[command(flatten)]
    options: SearchOptions,
    /// Write JSON, in the form of the HTTP service
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let Arguments { photos, other_parent, options, .. } = arguments;
    let mut plan = options.plan(photos.len(), other_parent.len(), Priors::default())?;
    let mut timings = TimingsMs::default();
    let (gallery, bundle) = arguments.opened.open()?;
    let snapshot = gallery.snapshot()?;
    plan.check_enrolled(&snapshot)?;

    let started = Instant::now();
    let person = prepare_photos(&bundle, photos)?;
    let other = prepare_photos(&bundle, other_parent)?;
    let faces = probe_faces("image", &person).chain(probe_faces("other_parent", &other)).collect();
    timings.decode = milliseconds(started);

    let started = Instant::now();
    let person = ProbePhotos::embed(&bundle, person)?;
    let other = ProbePhotos::embed(&bundle, other)?;
    timings.embed = milliseconds(started);

    let started = Instant::now();
    let query = plan.query(
        person.probe(&snapshot, plan.known_as.clone()),
        other.probe(&snapshot, BTreeSet::new()),
    );
    plan.options.filter.without.files = [person.files.as_slice(), &other.files].concat();
    let ensemble = bundle.ensemble();
    let context = SearchContext::new(&snapshot, ensemble, &ReferenceCache::default())?;
    let answer = search(&context, &query, &plan.options)?;
    timings.search = milliseconds(started);

    if arguments.json {
        let context = Context {
            faces,
            timings,
            model: ModelVersion::new(&bundle),
            gallery_version: gallery.version()?,
            explained_by: ensemble.filter(|_| options.explain),
        };
        print_json(&SearchResponse::new(&answer, context))?;
    } else {
        print_answer(&answer, &query, &plan.options);
    }
    Ok(ExitStatus::Done)
}

fn probe_faces(part: &'static str, photos: &[PreparedPhoto]) -> impl Iterator<Item = ProbeFace> {
    photos.iter().enumerate().map(move |(index, photo)| ProbeFace::new(part, index, photo))
}

/// Prints the response of the HTTP service.
pub(super) fn print_json(response: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(response);
    line!("{}", text.map_err(|error| Failure::new(ErrorKind::Internal, error.to_string()))?);
    Ok(())
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

//! `kindred search`

use std::path::PathBuf;
use std::time::Instant;

use crate::cli::args::{FormatArgs, GalleryArgs, OutputFormat};
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::print::{print_answer, print_json};
use crate::cli::probe::{embed_photos, prepare_photos};
use crate::pipeline::PreparedPhoto;
use crate::search::{ReferenceCache, SearchContext, search};
use crate::wire::{
    Context, ModelVersion, Priors, ProbeFace, SearchOptions, SearchResponse, TimingsMs,
};

const EXAMPLES: &str = "\
Examples:
  kindred search me.jpg --gallery my-gallery
  kindred search me.jpg me-as-a-child.jpg --gallery my-gallery --limit 3 --format json
  kindred search father.jpg --other-parent mother.jpg --gallery my-gallery";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Photos of one person
    #[arg(required = true, value_name = "PHOTO")]
    photos: Vec<PathBuf>,
    /// Photo of the other parent, to search for children of both
    #[arg(long, value_name = "PHOTO")]
    other_parent: Vec<PathBuf>,
    #[command(flatten)]
    gallery: GalleryArgs,
    #[command(flatten)]
    options: SearchOptions,
    #[command(flatten)]
    format: FormatArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let Args { photos, other_parent, options, .. } = args;
    let mut plan = options
        .plan(photos.len(), other_parent.len(), Priors::default())
        .map_err(|error| Failure::wrong_usage(error.to_string()))?;
    let mut timings = TimingsMs::default();
    let (gallery, bundle) = args.gallery.open()?;
    let view = gallery.view_for(bundle.space())?;
    plan.check_enrolled(&*view)?;

    let started = Instant::now();
    let person = prepare_photos(&bundle, photos)?;
    let other = prepare_photos(&bundle, other_parent)?;
    let faces = probe_faces("image", &person).chain(probe_faces("other_parent", &other)).collect();
    timings.decode = TimingsMs::since(started);

    let started = Instant::now();
    let person = embed_photos(&bundle, person)?;
    let other = embed_photos(&bundle, other)?;
    timings.embed = TimingsMs::since(started);

    let started = Instant::now();
    plan.exclude_files(&person, &other);
    let query = plan.query(&*view, &person, &other)?;
    let ensemble = bundle.ensemble();
    let context = SearchContext::new(&view, ensemble, &ReferenceCache::default())?;
    let answer = search(&context, &query, &plan.options)?;
    timings.search = TimingsMs::since(started);

    if args.format.format == OutputFormat::Json {
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

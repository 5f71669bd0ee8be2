//! `kindred ingest`

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::compute::Compute;
use super::exit::{ExitStatus, Failure};
use super::output::line;
use super::progress::Display;
use crate::dataset::{Source, read_relationships};
use crate::error::io_kind;
use crate::gallery::{EmbeddedGallery, Gallery};
use crate::ingest::{Plan, Rejected, Report, ingest, relate};

#[derive(Args)]
pub(super) struct Arguments {
    /// Folder or zip archive with one folder per family and in it one per person: F0001/MID1/photo.jpg
    dir: PathBuf,
    /// Folder of the gallery; created if it does not exist
    #[arg(long)]
    gallery: PathBuf,
    /// Folder of the model bundle: a manifest.toml and weights
    #[arg(long, value_name = "BUNDLE")]
    model: PathBuf,
    #[command(flatten)]
    compute: Compute,
    /// Store a thumbnail of each photo in the gallery, for the web page
    #[arg(long)]
    keep_photos: bool,
    /// Embed photos again that the gallery has from the same file
    #[arg(long)]
    force: bool,
    /// Csv of kin pairs: F0002/MID1,F0002/MID3 and optionally the relation
    #[arg(long, value_name = "FILE")]
    relationships: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    // Cheap checks come first: nothing is created before the input is known to be usable.
    let mut plan = Plan::new(Source::open(&arguments.dir)?)?;
    if arguments.keep_photos {
        plan = plan.with_thumbnails();
    }
    if arguments.force {
        plan = plan.with_known_photos();
    }
    let pairs = arguments.relationships.as_deref().map(read_relationships).transpose()?;
    let loaded = arguments.compute.load(&arguments.model)?;
    let bundle = arguments.model.canonicalize();
    let bundle = bundle.map_err(|error| Failure::new(io_kind(&error), error.to_string()))?;
    // From here on Ctrl-C leaves an intact gallery.
    let display = Display::start()?;
    let gallery = EmbeddedGallery::open_or_create(&arguments.gallery, loaded.space(), &bundle)?;

    let started = Instant::now();
    let report = ingest(plan, &gallery, &loaded, &display)?;
    display.finish();
    print_report(&report, gallery.photo_count()?, started.elapsed().as_secs_f64());
    if let Some(pairs) = pairs {
        let without_photos = relate(&gallery, &pairs)?;
        line!(
            "{} kin pairs listed, {without_photos} of them name a person without a photo here",
            pairs.len()
        );
    }
    Ok(ending(&report))
}

fn ending(report: &Report) -> ExitStatus {
    match report {
        Report { cancelled: true, .. } => ExitStatus::Stopped,
        Report { rejected, .. } if rejected.is_empty() => ExitStatus::Done,
        Report { enrolled: 0, known: 0, .. } => ExitStatus::Failed,
        _ => ExitStatus::SomeRejected,
    }
}

fn print_report(report: &Report, photos: usize, seconds: f64) {
    let Report { enrolled, known, rejected, other_files, cancelled } = report;
    print_rejected(rejected);
    if *other_files > 0 {
        line!("{other_files} files are no photos by their extension and were passed over");
    }
    if *cancelled {
        line!("stopped; run the same command again to resume");
    }
    let rate = *enrolled as f64 / seconds.max(1e-9);
    line!(
        "{enrolled} photos enrolled in {seconds:.1} s ({rate:.1} photos/s), {known} were there already, \
         {} rejected; the gallery has {photos} photos",
        rejected.len()
    );
}

/// Prints the rejected photos and the reasons.
pub(super) fn print_rejected(rejected: &[Rejected]) {
    for Rejected { path, reason } in rejected {
        line!("rejected {}: {reason}", path.escape_debug());
    }
}

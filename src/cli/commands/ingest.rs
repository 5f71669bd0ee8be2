//! `kindred ingest`

use std::path::PathBuf;
use std::time::Instant;

use crate::cli::args::{BundleArgs, FamilyFilterArgs, GalleryFolderArgs, PhotosArgs};
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::line;
use crate::cli::print::print_rejected;
use crate::cli::progress::Display;
use crate::dataset::read_relationships;
use crate::error::io_kind;
use crate::gallery::{EmbeddedGallery, Gallery};
use crate::ingest::{Plan, Report, ingest, relate};

const EXAMPLES: &str = "\
Examples:
  kindred ingest --photos photos --gallery my-gallery
  kindred ingest --photos photos --gallery my-gallery --relationships kin.csv --keep-photos
  kindred ingest --photos photos.zip --gallery my-gallery --exclude-families held-out.txt";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    photos: PhotosArgs,
    #[command(flatten)]
    gallery: GalleryFolderArgs,
    #[command(flatten)]
    bundle: BundleArgs,
    /// Csv of kin pairs: F0002/MID1,F0002/MID3 and optionally the relation
    #[arg(long, value_name = "CSV")]
    relationships: Option<PathBuf>,
    #[command(flatten)]
    families: FamilyFilterArgs,
    /// Store a thumbnail of each photo, for the web page
    #[arg(long)]
    keep_photos: bool,
    /// Embed photos again that the gallery has from the same file
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    // Cheap checks come first: nothing is created before the input is known to be usable.
    let families = args.families.read()?;
    let mut plan = Plan::new(args.photos.open()?)?.retaining(|photo| families.has_photo(photo));
    if args.keep_photos {
        plan = plan.with_thumbnails();
    }
    if args.force {
        plan = plan.with_known_photos();
    }
    let pairs = args.relationships.as_deref().map(read_relationships).transpose()?;
    let bundle = args.bundle.load()?;
    let folder = args.bundle.folder()?.canonicalize();
    let folder = folder.map_err(|error| Failure::new(io_kind(&error), error.to_string()))?;
    // From here on Ctrl-C leaves an intact gallery.
    let display = Display::start()?;
    let gallery = EmbeddedGallery::open_or_create(&args.gallery.gallery, bundle.space(), &folder)?;

    let started = Instant::now();
    let report = ingest(plan, &gallery, &bundle, &display)?;
    display.finish();
    print_report(&report, gallery.photo_count()?, started.elapsed().as_secs_f64());
    if let Some(pairs) = pairs {
        let without_photos = relate(&gallery, &pairs)?;
        line!(
            "{} kin pairs listed, {without_photos} of them name a person without a photo here",
            pairs.len()
        );
    }
    Ok(status(&report))
}

fn status(report: &Report) -> ExitStatus {
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
        "{enrolled} photos enrolled in {seconds:.1} s ({rate:.1} photos/s), \
         {known} were there already, {} rejected; the gallery has {photos} photos",
        rejected.len()
    );
}

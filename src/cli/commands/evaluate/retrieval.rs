//! `kindred evaluate retrieval`

use super::outcome::stopped;
use crate::cli::args::{FamilyFilterArgs, GalleryArgs, ReportArgs, SeedArgs};
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::print::print_retrieval;
use crate::cli::progress::Display;
use crate::evaluate::{RetrievalOptions, retrieve};
use crate::search::Options;

const EXAMPLES: &str = "\
Examples:
  kindred evaluate retrieval --gallery my-gallery
  kindred evaluate retrieval --gallery my-gallery --include-families held-out.txt";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    gallery: GalleryArgs,
    #[command(flatten)]
    families: FamilyFilterArgs,
    /// Number of nearest photos to score for each probe, 1 to 10000
    #[arg(
        long,
        value_name = "N",
        default_value_t = 200,
        value_parser = clap::value_parser!(u16).range(1..=Options::MAX_CANDIDATES as i64)
    )]
    candidates: u16,
    #[command(flatten)]
    seed: SeedArgs,
    #[command(flatten)]
    report: ReportArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let filter = args.families.read()?;
    let (gallery, bundle) = args.gallery.open()?;
    let display = Display::start()?;
    let options = RetrievalOptions {
        candidates: args.candidates.into(),
        seed: args.seed.seed,
        is_probe: &|person| filter.has(person.family()),
    };
    let report = retrieve(&*gallery, bundle.ensemble(), &options, &display)?;
    display.finish();
    let Some(report) = report else { return Ok(stopped()) };
    print_retrieval(&report);
    args.report.write(&report)?;
    Ok(ExitStatus::Done)
}

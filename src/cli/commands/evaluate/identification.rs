//! `kindred evaluate identification`

use super::outcome::stopped;
use crate::cli::args::{FamilyFilterArgs, GalleryArgs, ReportArgs, SeedArgs};
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::print::print_identification;
use crate::cli::progress::Display;
use crate::evaluate::{IdentificationOptions, identify};

const EXAMPLES: &str = "\
Examples:
  kindred evaluate identification --gallery my-gallery
  kindred evaluate identification --gallery my-gallery --sizes 100,500 --report metrics.json";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    gallery: GalleryArgs,
    #[command(flatten)]
    families: FamilyFilterArgs,
    /// Gallery sizes in people; a gallery of all people is added
    #[arg(
        long,
        value_name = "PEOPLE",
        value_delimiter = ',',
        default_values = ["300", "1000"],
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    sizes: Vec<u32>,
    /// Maximum number of probes
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..))]
    max_probes: u32,
    /// Number of photos of each probe
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    photos_per_probe: u16,
    #[command(flatten)]
    seed: SeedArgs,
    #[command(flatten)]
    report: ReportArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let filter = args.families.read()?;
    let (gallery, bundle) = args.gallery.open()?;
    let display = Display::start()?;
    let options = IdentificationOptions {
        sizes: args.sizes.iter().map(|&size| size as usize).collect(),
        max_probes: args.max_probes as usize,
        photos_per_probe: args.photos_per_probe.into(),
        seed: args.seed.seed,
        is_probe: &|person| filter.has(person.family()),
    };
    let report = identify(&*gallery, bundle.ensemble(), &options, &display)?;
    display.finish();
    let Some(report) = report else { return Ok(stopped()) };
    print_identification(&report);
    args.report.write(&report)?;
    Ok(ExitStatus::Done)
}

//! `kindred evaluate identification`

use std::path::PathBuf;

use clap::Args;

use super::evaluate::{stopped, write_json};
use super::exit::{ExitStatus, Failure};
use super::families::Families;
use super::figures::print_identification;
use super::opened::Opened;
use super::progress::Display;
use crate::evaluate::{IdentificationOptions, identify};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    opened: Opened,
    #[command(flatten)]
    families: Families,
    /// Gallery sizes to search, in people; a gallery of all people is added
    #[arg(long, value_name = "PEOPLE", value_delimiter = ',', default_values = ["300", "1000"], value_parser = clap::value_parser!(u32).range(1..))]
    sizes: Vec<u32>,
    /// Maximum number of probes
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..))]
    max_probes: u32,
    /// Number of photos of each probe
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    photos_per_probe: u16,
    /// Seed of the probes, of the galleries and of the intervals
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the metrics to this file too, with the detection error tradeoff
    #[arg(long, value_name = "OUT")]
    json: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let wanted = arguments.families.read()?;
    let (gallery, bundle) = arguments.opened.open()?;
    let display = Display::start()?;
    let options = IdentificationOptions {
        sizes: arguments.sizes.iter().map(|&size| size as usize).collect(),
        max_probes: arguments.max_probes as usize,
        photos_per_probe: arguments.photos_per_probe.into(),
        seed: arguments.seed,
        is_probe: &|person| wanted.has(person.family()),
    };
    let report = identify(&*gallery, bundle.ensemble(), &options, &display)?;
    display.finish();
    let Some(report) = report else { return Ok(stopped()) };
    print_identification(&report);
    write_json(arguments.json.as_deref(), &report)?;
    Ok(ExitStatus::Done)
}

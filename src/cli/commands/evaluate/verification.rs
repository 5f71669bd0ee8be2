//! `kindred evaluate verification`

use std::path::PathBuf;

use super::outcome::{status, stopped};
use crate::cli::args::{EvaluationArgs, FamilyFilterArgs, PhotosArgs};
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::print::print_verification;
use crate::cli::progress::Display;
use crate::dataset::{Source, read_pairs};
use crate::evaluate::{EvaluationContext, VerificationPair, drawn_pairs, listed_pairs, verify};

const EXAMPLES: &str = "\
Examples:
  kindred evaluate verification --photos photos --relationships kin.csv
  kindred evaluate verification --photos photos --pairs pairs.csv --report metrics.json";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    photos: PhotosArgs,
    /// Csv of pairs: photo_a,photo_b,kin[,relation]; or a list of RFIW
    #[arg(long, value_name = "FILE", required_unless_present = "relationships")]
    pairs: Option<PathBuf>,
    /// Csv of kin pairs, from which pairs are sampled
    #[arg(long, value_name = "CSV", conflicts_with = "pairs")]
    relationships: Option<PathBuf>,
    #[command(flatten)]
    families: FamilyFilterArgs,
    /// Number of photo pairs to sample per kin pair
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    per_kin: u16,
    #[command(flatten)]
    evaluation: EvaluationArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let seed = args.evaluation.seed.seed;
    let mut source = args.photos.open()?;
    let pairs = read(args, &source)?;
    let bundle = args.evaluation.bundle.load()?;
    let display = Display::start()?;
    let context = EvaluationContext { source: &mut source, bundle: &bundle, progress: &display };
    let report = verify(pairs, context, seed)?;
    display.finish();
    let Some(report) = report else { return Ok(stopped()) };
    print_verification(&report);
    args.evaluation.report.write(&report)?;
    Ok(status(&report.rejected))
}

/// Reads the listed pairs, or samples pairs by the list of kin.
fn read(args: &Args, source: &Source) -> Result<Vec<VerificationPair>, Failure> {
    let filter = args.families.read()?;
    if let Some(list) = &args.pairs {
        let mut pairs = read_pairs(list)?;
        pairs.retain(|pair| pair.photos.iter().all(|photo| filter.has_path(photo)));
        return Ok(listed_pairs(&pairs));
    }
    let list = args.relationships.as_deref().expect("clap requires one of the two lists");
    let kin = filter.read_kin(list)?;
    Ok(drawn_pairs(source, &kin, args.per_kin.into(), args.evaluation.seed.seed)?)
}

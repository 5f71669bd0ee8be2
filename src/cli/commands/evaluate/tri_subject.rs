//! `kindred evaluate tri-subject`

use std::path::PathBuf;

use super::outcome::{status, stopped};
use crate::cli::args::{EvaluationArgs, FamilyFilterArgs, PhotosArgs};
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::print::print_tri_subject;
use crate::cli::progress::Display;
use crate::dataset::{ListedTrio, Source, read_trios};
use crate::evaluate::{EvaluationContext, drawn_trios, verify_trios};

const EXAMPLES: &str = "\
Examples:
  kindred evaluate tri-subject --photos photos --relationships kin.csv
  kindred evaluate tri-subject --photos photos --trios trios.txt";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    photos: PhotosArgs,
    /// Csv of trios: father,mother,child,kin; or a list of RFIW
    #[arg(long, value_name = "FILE", required_unless_present = "relationships")]
    trios: Option<PathBuf>,
    /// Csv of kin pairs with relations, from which trios are sampled
    #[arg(long, value_name = "CSV", conflicts_with = "trios")]
    relationships: Option<PathBuf>,
    #[command(flatten)]
    families: FamilyFilterArgs,
    /// Number of photo trios to sample per two parents and child
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    per_trio: u16,
    #[command(flatten)]
    evaluation: EvaluationArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let mut source = args.photos.open()?;
    let trios = read(args, &source)?;
    let bundle = args.evaluation.bundle.load()?;
    let display = Display::start()?;
    let context = EvaluationContext { source: &mut source, bundle: &bundle, progress: &display };
    let report = verify_trios(&trios, context, args.evaluation.seed.seed)?;
    display.finish();
    let Some(report) = report else { return Ok(stopped()) };
    print_tri_subject(&report);
    args.evaluation.report.write(&report)?;
    Ok(status(&report.rejected))
}

/// Reads the listed trios, or samples trios by the list of kin.
fn read(args: &Args, source: &Source) -> Result<Vec<ListedTrio>, Failure> {
    let filter = args.families.read()?;
    if let Some(list) = &args.trios {
        let mut trios = read_trios(list)?;
        trios.retain(|trio| trio.photos.iter().all(|photo| filter.has_path(photo)));
        return Ok(trios);
    }
    let list = args.relationships.as_deref().expect("clap requires one of the two lists");
    let kin = filter.read_kin(list)?;
    Ok(drawn_trios(source, &kin, args.per_trio.into(), args.evaluation.seed.seed)?)
}

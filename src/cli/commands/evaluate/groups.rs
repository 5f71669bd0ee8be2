//! `kindred evaluate groups`

use std::path::PathBuf;

use super::outcome::{status, stopped};
use crate::cli::args::{EvaluationArgs, FamilyFilterArgs, PhotosArgs};
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::print::print_groups;
use crate::cli::progress::Display;
use crate::dataset::{Source, read_labels};
use crate::evaluate::{EvaluationContext, GroupOptions, compare_groups};

const EXAMPLES: &str = "\
Examples:
  kindred evaluate groups --photos photos --labels labels.csv --labels-root faces --column sex";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    photos: PhotosArgs,
    /// Csv of photos with group labels: path, and the column of --column
    #[arg(long, value_name = "CSV")]
    labels: PathBuf,
    /// Folder or zip archive of the labeled photos
    #[arg(long, value_name = "DIR")]
    labels_root: PathBuf,
    /// Column of the labels, such as sex; 2 to 20 distinct labels
    #[arg(long, value_name = "NAME")]
    column: String,
    #[command(flatten)]
    families: FamilyFilterArgs,
    #[command(flatten)]
    evaluation: EvaluationArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let filter = args.families.read()?;
    let labels = read_labels(&args.labels, &args.column)?;
    let mut source = args.photos.open()?;
    let mut labeled = Source::open(&args.labels_root)?;
    let bundle = args.evaluation.bundle.load()?;
    let display = Display::start()?;
    let options = GroupOptions {
        labels: &labels,
        is_compared: &|photo| filter.has_photo(photo),
        seed: args.evaluation.seed.seed,
    };
    let context = EvaluationContext { source: &mut source, bundle: &bundle, progress: &display };
    let report = compare_groups(context, &mut labeled, &options)?;
    display.finish();
    let Some(report) = report else { return Ok(stopped()) };
    print_groups(&report);
    args.evaluation.report.write(&report)?;
    Ok(status(&report.rejected))
}

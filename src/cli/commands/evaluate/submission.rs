//! `kindred evaluate submission`

use std::path::PathBuf;

use super::outcome::{status, stopped};
use crate::cli::args::{BundleArgs, PhotosArgs};
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::line;
use crate::cli::print::print_rejected;
use crate::cli::progress::Display;
use crate::dataset::{read_submission, write_submission};
use crate::evaluate::{Answers, submission};

const EXAMPLES: &str = "\
Examples:
  kindred evaluate submission --photos test --pairs sample_submission.csv --out submission.csv";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    photos: PhotosArgs,
    /// Csv of pairs: image_pair,is_related
    #[arg(long, value_name = "FILE")]
    pairs: PathBuf,
    #[command(flatten)]
    bundle: BundleArgs,
    /// Submission file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let pairs = read_submission(&args.pairs)?;
    let bundle = args.bundle.load()?;
    let display = Display::start()?;
    let answers = submission(&pairs, &args.photos.photos, &bundle, &display)?;
    display.finish();
    let Some(Answers { probabilities, rejected }) = answers else { return Ok(stopped()) };
    print_rejected(&rejected);
    let photos = pairs.iter().map(|pair| pair.photos.clone());
    write_submission(&args.out, photos.zip(probabilities))?;
    line!("{} pairs answered in {}", pairs.len(), args.out.display());
    Ok(status(&rejected))
}

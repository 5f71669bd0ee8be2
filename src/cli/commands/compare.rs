//! `kindred compare`

use std::path::PathBuf;

use crate::cli::args::{BundleArgs, FormatArgs, OutputFormat};
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::print::{print_comparison, print_json};
use crate::cli::probe::{embed_photos, prepare_photos};
use crate::search::compare;
use crate::wire::CompareResponse;

const EXAMPLES: &str = "\
Examples:
  kindred compare me.jpg you.jpg
  kindred compare me.jpg you.jpg --model models/family --format json";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// First photo, of one face
    #[arg(value_name = "PHOTO")]
    a: PathBuf,
    /// Second photo
    #[arg(value_name = "PHOTO")]
    b: PathBuf,
    #[command(flatten)]
    bundle: BundleArgs,
    #[command(flatten)]
    format: FormatArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let bundle = args.bundle.load()?;
    let photos = prepare_photos(&bundle, &[args.a.clone(), args.b.clone()])?;
    let photos = embed_photos(&bundle, photos)?.embeddings;
    let comparison = compare(bundle.ensemble(), &photos[0], &photos[1])?;
    match args.format.format {
        OutputFormat::Text => print_comparison(&comparison),
        OutputFormat::Json => print_json(&CompareResponse::new(&comparison))?,
    }
    Ok(ExitStatus::Done)
}

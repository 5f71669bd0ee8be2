//! `kindred evaluate landmarks`

use std::path::PathBuf;

use crate::bundle::Bundle;
use crate::cli::args::{FamilyFilterArgs, ModelArgs, PhotosArgs, ReportArgs, SeedArgs};
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::write_output;
use crate::cli::print::print_landmarks;
use crate::cli::progress::Display;
use crate::dataset::read_landmarks;
use crate::engine::{Device, Precision};
use crate::error::ErrorKind;
use crate::evaluate::{LandmarkSet, evaluate_landmarks};
use crate::photo::encode_png;

const EXAMPLES: &str = "\
Examples:
  kindred evaluate landmarks --photos photos --landmarks landmarks.csv --draw faces.png";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    photos: PhotosArgs,
    /// Csv of the photos' landmarks, with paths relative to the folder
    #[arg(long, value_name = "CSV")]
    landmarks: PathBuf,
    #[command(flatten)]
    families: FamilyFilterArgs,
    #[command(flatten)]
    model: ModelArgs,
    /// PNG of some photos, listed landmarks in green, detected ones in red
    #[arg(long, value_name = "FILE.png")]
    draw: Option<PathBuf>,
    #[command(flatten)]
    seed: SeedArgs,
    #[command(flatten)]
    report: ReportArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let filter = args.families.read()?;
    let mut listed = read_landmarks(&args.landmarks)?;
    listed.retain(|face| filter.has_path(&face.path));
    let bundle = Bundle::load(&args.model.folder()?, Device::Cpu, Precision::F32)?;
    let detector = bundle.detector().ok_or_else(|| {
        let detail = "the bundle has no landmark network; train one with --landmark-network";
        Failure::new(ErrorKind::InvalidInput, detail)
    })?;
    let display = Display::start()?;
    let set = LandmarkSet { folder: &args.photos.photos, faces: &listed };
    let measured = evaluate_landmarks(detector, set, args.seed.seed, &display)?;
    display.finish();
    let Some((report, sheet)) = measured else { return Ok(ExitStatus::Stopped) };
    print_landmarks(&report);
    if let Some(file) = &args.draw {
        write_output(file, &encode_png(&sheet))?;
    }
    args.report.write(&report)?;
    Ok(ExitStatus::Done)
}

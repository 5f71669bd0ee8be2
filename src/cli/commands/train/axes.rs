//! `kindred train axes`

use std::path::PathBuf;

use super::network_file::NetworkFile;
use crate::cli::args::{FamilyFilterArgs, LabeledPhotosArgs, SeedArgs};
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::line;
use crate::cli::progress::Display;
use crate::dataset::read_relationships;
use crate::domain::Outcome;
use crate::network::import::{import_weights, read_checkpoint};
use crate::network::write_safetensors;
use crate::train::network::Projection;
use crate::train::{FamilyFaces, TrainError, add_axes, load_faces};

const EXAMPLES: &str = "\
Examples:
  kindred train axes --backbone vggface-lite=student.safetensors --photos others \\
      --landmarks others.csv --relationships others-kin.csv --out vggface-lite.safetensors";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Network and its weights file; the last layer must be linear
    #[arg(long, value_name = "NAME=FILE")]
    backbone: NetworkFile,
    #[command(flatten)]
    photos: LabeledPhotosArgs,
    /// Csv of kin pairs: F0002/MID1,F0002/MID3 and optionally the relation
    #[arg(long, value_name = "CSV")]
    relationships: PathBuf,
    #[command(flatten)]
    families: FamilyFilterArgs,
    #[command(flatten)]
    seed: SeedArgs,
    /// Safetensors file of weights to create
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let NetworkFile { architecture, file } = &args.backbone;
    let filter = args.families.read()?;
    let checkpoint = read_checkpoint(file).map_err(TrainError::from)?;
    let imported = import_weights(file, checkpoint, architecture).map_err(TrainError::from)?;
    let projection = Projection::new(imported).map_err(TrainError::from)?;
    let relationships = read_relationships(&args.relationships)?;
    let folders = args.photos.folders()?;
    let display = Display::start()?;
    let Outcome::Finished(faces) = load_faces(&folders, &|path| filter.has_path(path), &display)?
    else {
        return Ok(ExitStatus::Stopped);
    };
    let families = FamilyFaces { faces: &faces, relationships: &relationships };
    let widened = add_axes(projection, families, args.seed.seed, &display)?;
    display.finish();
    let Outcome::Finished(widened) = widened else { return Ok(ExitStatus::Stopped) };
    write_safetensors(&args.out, &widened.weights).map_err(TrainError::from)?;
    line!(
        "{} axes by {} pairs of photos of kin in {} families, written to {}",
        widened.axes,
        widened.pairs,
        widened.families,
        args.out.display()
    );
    Ok(ExitStatus::Done)
}

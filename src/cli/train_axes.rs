//! `kindred train axes`

use std::path::PathBuf;

use clap::Args;

use super::exit::{ExitStatus, Failure};
use super::families::Families;
use super::output::line;
use super::progress::Display;
use super::train::named_file;
use super::train_backbone::face_folder;
use crate::dataset::read_relationships;
use crate::domain::Outcome;
use crate::network::import::{import_weights, read_checkpoint};
use crate::network::write_safetensors;
use crate::train::network::Projection;
use crate::train::{FaceFolder, FamilyFaces, TrainError, add_axes, load_faces};

#[derive(Args)]
pub(super) struct Arguments {
    /// Network and its weights file, such as vggface-lite=lite.safetensors; its last layer must be linear
    #[arg(long, value_name = "NAME=FILE", value_parser = named_file)]
    backbone: (String, PathBuf),
    /// Folder with one folder per family and in it one per person, and the csv of its landmarks; a later ensemble
    /// should use other families
    #[arg(long, value_name = "DIR=CSV", value_parser = face_folder)]
    faces: FaceFolder,
    /// Csv of kin pairs: F0002/MID1,F0002/MID3 and optionally the relation
    #[arg(long, value_name = "CSV")]
    relationships: PathBuf,
    #[command(flatten)]
    families: Families,
    /// Seed of all random choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Safetensors file of weights to create
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let (name, file) = &arguments.backbone;
    let wanted = arguments.families.read()?;
    let checkpoint = read_checkpoint(file).map_err(TrainError::from)?;
    let recognised = import_weights(file, checkpoint, name).map_err(TrainError::from)?;
    let projection = Projection::new(recognised).map_err(TrainError::from)?;
    let relationships = read_relationships(&arguments.relationships)?;
    let display = Display::start()?;
    let folders = std::slice::from_ref(&arguments.faces);
    let Outcome::Finished(faces) = load_faces(folders, &|path| wanted.has_path(path), &display)?
    else {
        return Ok(ExitStatus::Stopped);
    };
    let families = FamilyFaces { faces: &faces, relationships: &relationships };
    let widened = add_axes(projection, families, arguments.seed, &display)?;
    display.finish();
    let Outcome::Finished(widened) = widened else { return Ok(ExitStatus::Stopped) };
    write_safetensors(&arguments.out, &widened.weights).map_err(TrainError::from)?;
    line!(
        "{} axes by {} pairs of photos of kin in {} families, written to {}",
        widened.axes,
        widened.pairs,
        widened.families,
        arguments.out.display()
    );
    Ok(ExitStatus::Done)
}

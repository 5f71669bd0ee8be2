//! `kindred train landmarks`

use std::path::PathBuf;

use clap::Args;

use super::exit::{ExitStatus, Failure};
use super::families::Families;
use super::output::line;
use super::progress::Display;
use super::train_backbone::face_folder;
use crate::domain::Outcome;
use crate::engine::Device;
use crate::network::architectures::{Architecture, landmarks};
use crate::network::write_safetensors;
use crate::train::network::{Schedule, Student};
use crate::train::{FaceFolder, LossMonitor, PointOptions, TrainError, learn_points, load_faces};

#[derive(Args)]
pub(super) struct Arguments {
    /// Folder of photos and csv of their landmarks, with paths relative to the folder; repeatable
    #[arg(long = "faces", value_name = "DIR=CSV", value_parser = face_folder, required = true)]
    faces: Vec<FaceFolder>,
    #[command(flatten)]
    families: Families,
    /// Number of training batches of 128 images
    #[arg(long, default_value_t = 6000)]
    steps: usize,
    /// Device: cpu, cuda:N, or auto for a GPU if available
    #[arg(long, default_value_t)]
    device: Device,
    /// Seed of all random choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Safetensors file of weights to create
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

const LEARNING_RATE: f32 = 2e-3;
/// Weight decay: the share of a weight that a step at learning rate 1 removes.
const WEIGHT_DECAY: f32 = 0.02;

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let wanted = arguments.families.read()?;
    let config = landmarks::Config::default();
    let network = landmarks::training_network(&config).map_err(TrainError::from)?;
    let mut student =
        Student::new(&network, arguments.seed, arguments.device).map_err(TrainError::from)?;
    let display = Display::start()?;
    let Outcome::Finished(faces) =
        load_faces(&arguments.faces, &|path| wanted.has_path(path), &display)?
    else {
        return Ok(ExitStatus::Stopped);
    };
    let steps = arguments.steps;
    let schedule = Schedule {
        learning_rate: LEARNING_RATE,
        weight_decay: WEIGHT_DECAY,
        steps,
        warmup: steps / 20,
    };
    let side = config.input_size as u32;
    let preprocessing = Architecture::Landmarks(config).preprocessing();
    let options = PointOptions { schedule, preprocessing, seed: arguments.seed, side };
    let mut report = |step: usize, loss: f32| line!("{step:>8} of {steps} batches  loss {loss:.5}");
    let monitor = LossMonitor { progress: &display, report: &mut report };
    let outcome = learn_points(&mut student, &faces, &options, monitor)?;
    display.finish();
    if outcome == Outcome::Cancelled {
        return Ok(ExitStatus::Stopped);
    }
    write_safetensors(&arguments.out, &student.folded(&network)).map_err(TrainError::from)?;
    line!("written to {}", arguments.out.display());
    Ok(ExitStatus::Done)
}

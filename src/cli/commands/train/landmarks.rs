//! `kindred train landmarks`

use std::path::PathBuf;

use crate::cli::args::{DeviceArgs, FamilyFilterArgs, LabeledPhotosArgs, SeedArgs};
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::line;
use crate::cli::progress::Display;
use crate::domain::Outcome;
use crate::network::architectures::{Architecture, landmarks};
use crate::network::write_safetensors;
use crate::train::network::{Schedule, Student};
use crate::train::{LossMonitor, PointOptions, TrainError, learn_points, load_faces};

const EXAMPLES: &str = "\
Examples:
  kindred train landmarks --photos photos --landmarks landmarks.csv --out landmarks.safetensors";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    photos: LabeledPhotosArgs,
    #[command(flatten)]
    families: FamilyFilterArgs,
    /// Number of training batches of 128 images
    #[arg(long, value_name = "N", default_value_t = 6000)]
    steps: usize,
    #[command(flatten)]
    device: DeviceArgs,
    #[command(flatten)]
    seed: SeedArgs,
    /// Safetensors file of weights to create
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

const LEARNING_RATE: f32 = 2e-3;
/// Weight decay: the share of a weight that a step at learning rate 1 removes.
const WEIGHT_DECAY: f32 = 0.02;

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let filter = args.families.read()?;
    let folders = args.photos.folders()?;
    let seed = args.seed.seed;
    let config = landmarks::Config::default();
    let network = landmarks::training_network(&config).map_err(TrainError::from)?;
    let mut student = Student::new(&network, seed, args.device.device).map_err(TrainError::from)?;
    let display = Display::start()?;
    let Outcome::Finished(faces) = load_faces(&folders, &|path| filter.has_path(path), &display)?
    else {
        return Ok(ExitStatus::Stopped);
    };
    let steps = args.steps;
    let schedule = Schedule {
        learning_rate: LEARNING_RATE,
        weight_decay: WEIGHT_DECAY,
        steps,
        warmup: steps / 20,
    };
    let side = config.input_size as u32;
    let preprocessing = Architecture::Landmarks(config).preprocessing();
    let options = PointOptions { schedule, preprocessing, seed, side };
    let mut report = |step: usize, loss: f32| line!("{step:>8} of {steps} batches  loss {loss:.5}");
    let monitor = LossMonitor { progress: &display, report: &mut report };
    let outcome = learn_points(&mut student, &faces, &options, monitor)?;
    display.finish();
    if outcome == Outcome::Cancelled {
        return Ok(ExitStatus::Stopped);
    }
    write_safetensors(&args.out, &student.folded(&network)).map_err(TrainError::from)?;
    line!("written to {}", args.out.display());
    Ok(ExitStatus::Done)
}

//! `kindred train backbone`

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::bundle::{BackboneEntry, Manifest};
use crate::cli::args::{DeviceArgs, FamilyFilterArgs, LabeledPhotosArgs, SeedArgs};
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::line;
use crate::cli::progress::Display;
use crate::domain::Outcome;
use crate::engine::{BackboneSpec, Device};
use crate::network::architectures::vggface_lite;
use crate::network::{WeightsFile, write_safetensors};
use crate::train::network::{Distillation, Loss, Schedule, StudentOptions, Teacher};
use crate::train::{
    BATCH, DistillationOptions, LossMonitor, TrainError, begin_from, distil, load_faces,
};

const EXAMPLES: &str = "\
Examples:
  kindred train backbone --photos photos --landmarks landmarks.csv \\
      --teacher models/mobilefacenet --out student.safetensors
  kindred train backbone --photos a=photos --landmarks a=a.csv \\
      --photos b=more --landmarks b=b.csv --teacher models/mobilefacenet \\
      --epochs 40 --out student.safetensors";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    photos: LabeledPhotosArgs,
    /// Bundle of the teacher, its first backbone
    #[arg(long, value_name = "BUNDLE")]
    teacher: PathBuf,
    #[command(flatten)]
    families: FamilyFilterArgs,
    /// Initial weights, of a network of equal or smaller width; default random
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Number of passes over all photos
    #[arg(long, value_name = "N", default_value_t = 20)]
    epochs: usize,
    /// Peak learning rate
    #[arg(long, value_name = "RATE", default_value_t = 2e-3)]
    learning_rate: f32,
    #[command(flatten)]
    device: DeviceArgs,
    #[command(flatten)]
    seed: SeedArgs,
    /// Safetensors file of weights to create
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Weight decay: the share of a weight that a step at learning rate 1 removes.
const WEIGHT_DECAY: f32 = 0.05;
/// Number of warmup batches. A short training uses its first fifth.
const WARMUP: usize = 400;

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let filter = args.families.read()?;
    let folders = args.photos.folders()?;
    let device = args.device.device;
    let seed = args.seed.seed;
    let manifest = Manifest::read(&args.teacher)?;
    let entry = &manifest.backbones[0];
    let width = entry.network.network().map_err(TrainError::from)?.output_width();
    let config = vggface_lite::Config { embedding: width, ..vggface_lite::Config::default() };
    let weights = args.teacher.join(&entry.weights);
    let teacher = teacher(&weights, entry, &config, device)?;
    let display = Display::start()?;
    let Outcome::Finished(faces) = load_faces(&folders, &|path| filter.has_path(path), &display)?
    else {
        return Ok(ExitStatus::Stopped);
    };
    let steps = (args.epochs * faces.len()).div_ceil(BATCH);
    let schedule = Schedule {
        learning_rate: args.learning_rate,
        weight_decay: WEIGHT_DECAY,
        steps,
        warmup: WARMUP.min(steps / 5),
    };
    let options = StudentOptions { config, device, schedule, seed };
    let mut distillation = Distillation::new(options, teacher).map_err(TrainError::from)?;
    if let Some(weights) = &args.from {
        begin_from(&mut distillation, &faces, weights)?;
    }
    let checkpoint = args.out.with_extension("checkpoint");
    line!("{:>8} of {steps} batches  cosine to the teacher  relations apart", "");
    let mut report = |step: usize, Loss { embedding, relation, .. }: Loss| {
        line!("{step:>8} {:>8.4} {relation:>8.5}", 1.0 - embedding);
    };
    let options = DistillationOptions { seed, checkpoint: &checkpoint };
    let monitor = LossMonitor { progress: &display, report: &mut report };
    let weights = distil(&mut distillation, &faces, options, monitor)?;
    display.finish();
    let Outcome::Finished(weights) = weights else {
        line!("stopped; run the same command again to resume");
        return Ok(ExitStatus::Stopped);
    };
    write_safetensors(&args.out, &weights).map_err(TrainError::from)?;
    Ok(ExitStatus::Done)
}

fn teacher(
    path: &Path,
    entry: &BackboneEntry,
    student: &vggface_lite::Config,
    device: Device,
) -> Result<Teacher, Failure> {
    let file = File::open(path)
        .map_err(|source| TrainError::Unreadable { path: path.to_owned(), source })?;
    let weights = WeightsFile::new(path, file);
    let weights = weights.map_err(TrainError::from)?;
    let spec = BackboneSpec { architecture: &entry.network, preprocessing: entry.preprocessing };
    Ok(Teacher::load(spec, weights, student, device).map_err(TrainError::from)?)
}

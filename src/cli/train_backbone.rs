//! `kindred train backbone`

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::{ExitStatus, Failure};
use super::families::Families;
use super::output::line;
use super::progress::Display;
use crate::bundle::{BackboneEntry, Manifest};
use crate::domain::Outcome;
use crate::engine::{BackboneSpec, Device};
use crate::network::architectures::vggface_lite;
use crate::network::{WeightsFile, write_safetensors};
use crate::train::network::{Distillation, Loss, Schedule, StudentOptions, Teacher};
use crate::train::{
    BATCH, DistillationOptions, FaceFolder, LossMonitor, TrainError, begin_from, distil, load_faces,
};

#[derive(Args)]
pub(super) struct Arguments {
    /// Folder of photos and csv of their landmarks, with paths relative to the folder; repeatable
    #[arg(long = "faces", value_name = "DIR=CSV", value_parser = face_folder, required = true)]
    faces: Vec<FaceFolder>,
    /// Teacher: the first backbone of this bundle
    #[arg(long, value_name = "BUNDLE")]
    teacher: PathBuf,
    #[command(flatten)]
    families: Families,
    /// Initial weights, from a training of a network of equal or smaller width, instead of random ones
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Number of passes over all photos, each with new augmentations
    #[arg(long, default_value_t = 20)]
    epochs: usize,
    /// Peak learning rate
    #[arg(long, default_value_t = 2e-3)]
    learning_rate: f32,
    /// Device of student and teacher: cpu, cuda:N, or auto for a GPU if available
    #[arg(long, default_value_t)]
    device: Device,
    /// Seed of all random choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Safetensors file of weights to create
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Weight decay: the share of a weight that a step at learning rate 1 removes.
const WEIGHT_DECAY: f32 = 0.05;
/// Number of warmup batches. A short training uses its first fifth.
const WARMUP: usize = 400;

pub(super) fn face_folder(text: &str) -> Result<FaceFolder, String> {
    let (folder, landmarks) = text.split_once('=').ok_or("faces are DIR=CSV")?;
    Ok(FaceFolder { folder: folder.into(), landmarks: landmarks.into() })
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let wanted = arguments.families.read()?;
    let manifest = Manifest::read(&arguments.teacher)?;
    let entry = &manifest.backbones[0];
    let said = entry.network.network().map_err(TrainError::from)?.output_width();
    let config = vggface_lite::Config { embedding: said, ..vggface_lite::Config::default() };
    let weights = arguments.teacher.join(&entry.weights);
    let teacher = teacher(&weights, entry, &config, arguments.device)?;
    let display = Display::start()?;
    let Outcome::Finished(faces) =
        load_faces(&arguments.faces, &|path| wanted.has_path(path), &display)?
    else {
        return Ok(ExitStatus::Stopped);
    };
    let steps = (arguments.epochs * faces.len()).div_ceil(BATCH);
    let schedule = Schedule {
        learning_rate: arguments.learning_rate,
        weight_decay: WEIGHT_DECAY,
        steps,
        warmup: WARMUP.min(steps / 5),
    };
    let options =
        StudentOptions { config, device: arguments.device, schedule, seed: arguments.seed };
    let mut distillation = Distillation::new(options, teacher).map_err(TrainError::from)?;
    if let Some(weights) = &arguments.from {
        begin_from(&mut distillation, &faces, weights)?;
    }
    let checkpoint = arguments.out.with_extension("checkpoint");
    line!("{:>8} of {steps} batches  cosine to the teacher  relations apart", "");
    let mut report = |step: usize, Loss { embedding, relation, .. }: Loss| {
        line!("{step:>8} {:>8.4} {relation:>8.5}", 1.0 - embedding);
    };
    let options = DistillationOptions { seed: arguments.seed, checkpoint: &checkpoint };
    let monitor = LossMonitor { progress: &display, report: &mut report };
    let weights = distil(&mut distillation, &faces, options, monitor)?;
    display.finish();
    let Outcome::Finished(weights) = weights else {
        line!("stopped; run the same command again to resume");
        return Ok(ExitStatus::Stopped);
    };
    write_safetensors(&arguments.out, &weights).map_err(TrainError::from)?;
    Ok(ExitStatus::Done)
}

fn teacher(
    path: &Path,
    entry: &BackboneEntry,
    student: &vggface_lite::Config,
    device: Device,
) -> Result<Teacher, Failure> {
    let unreadable = |source| TrainError::Unreadable { path: path.to_owned(), source };
    let weights = WeightsFile::new(path, File::open(path).map_err(unreadable)?);
    let weights = weights.map_err(TrainError::from)?;
    let spec = BackboneSpec { architecture: &entry.network, preprocessing: entry.preprocessing };
    Ok(Teacher::load(spec, weights, student, device).map_err(TrainError::from)?)
}

//! `kindred evaluate landmarks`

use std::path::PathBuf;

use clap::Args;

use super::exit::{ExitStatus, Failure};
use super::families::Families;
use super::output::{line, write_output};
use super::progress::Display;
use super::train_backbone::face_folder;
use crate::bundle::Bundle;
use crate::dataset::read_landmarks;
use crate::engine::{Device, Precision};
use crate::error::ErrorKind;
use crate::evaluate::{LandmarkSet, evaluate_landmarks};
use crate::photo::encode_png;
use crate::train::FaceFolder;

#[derive(Args)]
pub(super) struct Arguments {
    /// Folder of photos and csv of their landmarks, with paths relative to the folder
    #[arg(long = "faces", value_name = "DIR=CSV", value_parser = face_folder)]
    faces: FaceFolder,
    #[command(flatten)]
    families: Families,
    /// Folder of the model bundle
    #[arg(long, value_name = "BUNDLE")]
    model: PathBuf,
    /// Draw some photos into this PNG, listed landmarks in green, detected ones in red
    #[arg(long, value_name = "PNG")]
    draw: Option<PathBuf>,
    /// Seed of the intervals
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the metrics to this file too
    #[arg(long, value_name = "OUT")]
    json: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let FaceFolder { folder, landmarks } = &arguments.faces;
    let wanted = arguments.families.read()?;
    let mut listed = read_landmarks(landmarks)?;
    listed.retain(|face| wanted.has_path(&face.path));
    let loaded = Bundle::load(&arguments.model, Device::Cpu, Precision::F32)?;
    let finder = loaded.detector().ok_or_else(|| {
        let detail = "the bundle has no landmark network; train one with --landmarks";
        Failure::new(ErrorKind::InvalidInput, detail)
    })?;
    let display = Display::start()?;
    let set = LandmarkSet { folder, faces: &listed };
    let judged = evaluate_landmarks(finder, set, arguments.seed, &display)?;
    display.finish();
    let Some((report, sheet)) = judged else { return Ok(ExitStatus::Stopped) };
    line!("{} photos, no face found in {}", report.photos, report.not_found);
    line!("mean error    {} of the distance between the eyes", report.error);
    line!("median error  {}", report.median);
    line!("above a tenth {}", report.far_off);
    if let Some(file) = &arguments.draw {
        write_output(file, &encode_png(&sheet))?;
    }
    super::evaluate::write_json(arguments.json.as_deref(), &report)?;
    Ok(ExitStatus::Done)
}

//! `kindred models import`

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;

use crate::bundle::{Added, BundleBuilder, Choice};
use crate::cli::args::FloatDtype;
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::line;
use crate::cli::print::print_backbone;
use crate::face::DEFAULT_MIN_QUALITY;
use crate::network::architectures::Architecture;

const EXAMPLES: &str = "\
Examples:
  kindred models import vgg_face_dag.pth --architecture vgg16 --out models/vgg16
  kindred models import lite.safetensors --architecture vggface-lite \\
      --weights-dtype f16 --out lite";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Weights file, as published: .safetensors, .pth, .pt, .pkl, .h5
    file: PathBuf,
    /// Architecture of the network
    #[arg(long, value_parser = PossibleValuesParser::new(Architecture::NAMES))]
    architecture: String,
    /// Weights file of a landmark network, which aligns the faces
    #[arg(long, value_name = "FILE")]
    landmark_network: Option<PathBuf>,
    /// Number format of the stored weights
    #[arg(long, default_value_t, value_enum)]
    weights_dtype: FloatDtype,
    /// Folder of the bundle to create
    #[arg(long, value_name = "BUNDLE")]
    out: PathBuf,
    /// License of the weights, as free text
    #[arg(long, value_name = "TEXT", default_value = "as published with the weights")]
    license: String,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let Args { file, architecture, landmark_network, out, license, .. } = args;
    let mut draft = BundleBuilder::new(out, license)?;
    let storage = args.weights_dtype.into();
    if let Some(landmarks) = landmark_network {
        draft.add_landmarks(landmarks, DEFAULT_MIN_QUALITY, storage)?;
    }
    let aligned = landmark_network.is_some();
    let choice = Choice { aligned, storage, ..Choice::new(file, architecture) };
    let Added { origin, tensors, parameters, unused } = draft.add_backbone(&choice)?;
    let manifest = draft.finish()?;
    let backbone = &manifest.backbones[0];
    line!("recognised    {origin}");
    print_backbone(backbone)?;
    line!("tensors       {tensors}, {parameters} values");
    if !unused.is_empty() {
        line!("not used      {}", unused.join(", "));
    }
    line!("fingerprint   {}", manifest.fingerprint());
    line!("written to    {}", out.display());
    Ok(ExitStatus::Done)
}

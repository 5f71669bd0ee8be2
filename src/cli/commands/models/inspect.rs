//! `kindred models inspect`

use std::path::PathBuf;

use serde_json::{Map, json};

use crate::bundle::Manifest;
use crate::cli::args::{FormatArgs, OutputFormat};
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::line;
use crate::cli::print::{print_backbone, print_json};
use crate::network::import::{Checkpoint, read_checkpoint};

const EXAMPLES: &str = "\
Examples:
  kindred models inspect models/default
  kindred models inspect vgg_face_dag.pth --format json";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Folder of a bundle, or a weights file
    path: PathBuf,
    #[command(flatten)]
    format: FormatArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let format = args.format.format;
    if args.path.is_dir() {
        inspect_bundle(&Manifest::read(&args.path)?, format)?;
    } else {
        inspect_file(&read_checkpoint(&args.path)?, format)?;
    }
    Ok(ExitStatus::Done)
}

fn inspect_bundle(manifest: &Manifest, format: OutputFormat) -> Result<(), Failure> {
    let fingerprint = manifest.fingerprint().to_string();
    if format == OutputFormat::Json {
        return print_json(&json!({ "manifest": manifest, "fingerprint": fingerprint }));
    }
    line!("name          {}", manifest.name);
    line!("licence       {}", manifest.licence);
    line!("fingerprint   {fingerprint}");
    if let Some(kinship) = &manifest.kinship {
        let ensemble = &kinship.ensemble;
        let members: Vec<&str> = ensemble.members.iter().map(|m| m.name.as_str()).collect();
        line!("ensemble      {}", members.join(", "));
        line!("trained on    {}", kinship.trained_on);
        line!("measured      {}", kinship.measured);
        line!(
            "kin from      {:.0} % on, with {:.1} % of strangers",
            100.0 * ensemble.kin_threshold,
            100.0 * ensemble.false_accept_rate
        );
    }
    manifest.backbones.iter().try_for_each(print_backbone)
}

fn inspect_file(checkpoint: &Checkpoint, output: OutputFormat) -> Result<(), Failure> {
    let Checkpoint { format, tensors } = checkpoint;
    if output == OutputFormat::Json {
        let mut shapes = Map::new();
        for tensor in tensors {
            shapes.insert(tensor.name.clone(), json!(tensor.shape));
        }
        return print_json(&json!({ "format": format.to_string(), "tensors": shapes }));
    }
    line!("{format}, {} tensors of floats", tensors.len());
    for tensor in tensors {
        line!("{}\t{:?}", tensor.name, tensor.shape);
    }
    Ok(())
}

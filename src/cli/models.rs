//! `kindred models`

use std::fs;
use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::json;

use super::exit::{ExitStatus, Failure};
use super::output::line;
use crate::bundle::{Added, BackboneEntry, BundleBuilder, Choice, Manifest};
use crate::error::io_kind;
use crate::face::DEFAULT_MIN_QUALITY;
use crate::network::WeightsDtype;
use crate::network::architectures::Architecture;
use crate::network::import::{Checkpoint, read_checkpoint};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Create a bundle from weights in safetensors, PyTorch, numpy or Keras format
    Import(ImportArguments),
    /// List the bundles in a folder
    List {
        /// Folder of the bundles
        #[arg(default_value = "models")]
        dir: PathBuf,
    },
    /// Print the content of a bundle or a weights file
    Inspect {
        /// Folder of the bundle, or the weights file
        model: PathBuf,
        /// Write JSON
        #[arg(long)]
        json: bool,
    },
}

/// Format of a printed description.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OutputFormat {
    Text,
    Json,
}

#[derive(Args)]
struct ImportArguments {
    /// Weights file, as published: .safetensors, .pth, .pt, .pkl, .h5
    file: PathBuf,
    /// Architecture of the network
    #[arg(long, value_parser = PossibleValuesParser::new(Architecture::NAMES))]
    architecture: String,
    /// Weights file of a landmark network; the backbone receives faces aligned by it
    #[arg(long, value_name = "FILE")]
    landmarks: Option<PathBuf>,
    /// Store weights as 16-bit floats: half the size
    #[arg(long)]
    half: bool,
    /// Folder of the bundle to create
    #[arg(long, value_name = "BUNDLE")]
    out: PathBuf,
    /// License of the weights, as free text
    #[arg(long, default_value = "as published with the weights")]
    licence: String,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    match &arguments.command {
        Command::Import(arguments) => run_import(arguments),
        Command::List { dir } => run_list(dir),
        Command::Inspect { model, json } => {
            run_inspect(model, if *json { OutputFormat::Json } else { OutputFormat::Text })
        }
    }
}

fn run_import(arguments: &ImportArguments) -> Result<ExitStatus, Failure> {
    let ImportArguments { file, architecture, landmarks, half, out, licence } = arguments;
    let mut draft = BundleBuilder::new(out, licence)?;
    let storage = if *half { WeightsDtype::F16 } else { WeightsDtype::F32 };
    if let Some(landmarks) = landmarks {
        draft.add_landmarks(landmarks, DEFAULT_MIN_QUALITY, storage)?;
    }
    let aligned = landmarks.is_some();
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

fn run_list(dir: &Path) -> Result<ExitStatus, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(io_kind(&error), format!("cannot read {}: {error}", dir.display()))
    };
    let mut bundles = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.join("manifest.toml").exists() {
            bundles.push(path);
        }
    }
    bundles.sort();
    if bundles.is_empty() {
        line!("no bundles in {}; make one with kindred models import", dir.display());
    }
    for bundle in bundles {
        match summary(&bundle) {
            Ok(line) => line!("{}\t{line}", bundle.display()),
            Err(failure) => line!("{}\tdamaged: {failure}", bundle.display()),
        }
    }
    Ok(ExitStatus::Done)
}

/// Describes a bundle in a line: backbones with embedding dimensions, size and fingerprint.
fn summary(bundle: &Path) -> Result<String, Failure> {
    let manifest = Manifest::read(bundle)?;
    let mut backbones = Vec::new();
    let mut bytes = 0;
    for BackboneEntry { name, network, weights, .. } in &manifest.backbones {
        let file = bundle.join(weights);
        let metadata = fs::metadata(&file).map_err(|error| {
            Failure::new(io_kind(&error), format!("cannot read {}: {error}", file.display()))
        })?;
        backbones.push(format!("{name} ({}-d)", network.network()?.output_width()));
        bytes += metadata.len();
    }
    let fingerprint = &manifest.fingerprint().to_string()[..12];
    let megabytes = bytes as f64 / 1e6;
    Ok(format!("{}\t{megabytes:.1} MB\t{fingerprint}", backbones.join(", ")))
}

fn run_inspect(model: &Path, format: OutputFormat) -> Result<ExitStatus, Failure> {
    if model.is_dir() {
        inspect_bundle(&Manifest::read(model)?, format)?;
    } else {
        inspect_file(&read_checkpoint(model)?, format);
    }
    Ok(ExitStatus::Done)
}

fn inspect_bundle(manifest: &Manifest, format: OutputFormat) -> Result<(), Failure> {
    let fingerprint = manifest.fingerprint().to_string();
    if format == OutputFormat::Json {
        line!("{:#}", json!({ "manifest": manifest, "fingerprint": fingerprint }));
        return Ok(());
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

fn print_backbone(backbone: &BackboneEntry) -> Result<(), Failure> {
    let BackboneEntry { name, network, preprocessing, weights, sha256 } = backbone;
    let shapes = network.network()?;
    let size = shapes.input_size();
    line!("backbone      {name}, {size} × {size} pixels to {} values", shapes.output_width());
    line!("network       {}", json!(network));
    line!("preprocessing {}", json!(preprocessing));
    line!("weights       {weights}, SHA-256 {sha256}");
    Ok(())
}

fn inspect_file(checkpoint: &Checkpoint, output: OutputFormat) {
    let Checkpoint { format, tensors } = checkpoint;
    if output == OutputFormat::Json {
        let shapes: serde_json::Map<_, _> =
            tensors.iter().map(|tensor| (tensor.name.clone(), json!(tensor.shape))).collect();
        line!("{:#}", json!({ "format": format.to_string(), "tensors": shapes }));
        return;
    }
    line!("{format}, {} tensors of floats", tensors.len());
    for tensor in tensors {
        line!("{}\t{:?}", tensor.name, tensor.shape);
    }
}

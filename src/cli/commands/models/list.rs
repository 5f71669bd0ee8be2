//! `kindred models list`

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::bundle::{BackboneEntry, Manifest};
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::line;
use crate::error::io_kind;

const EXAMPLES: &str = "\
Examples:
  kindred models list
  kindred models list /srv/models";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Folder of the bundles
    #[arg(default_value = "models")]
    dir: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let dir = &args.dir;
    let mut bundles = Vec::new();
    for entry in fs::read_dir(dir).map_err(|error| unreadable(dir, &error))? {
        let path = entry.map_err(|error| unreadable(dir, &error))?.path();
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
        let metadata = fs::metadata(&file).map_err(|error| unreadable(&file, &error))?;
        backbones.push(format!("{name} ({}-d)", network.network()?.output_width()));
        bytes += metadata.len();
    }
    let fingerprint = &manifest.fingerprint().to_string()[..12];
    let megabytes = bytes as f64 / 1e6;
    Ok(format!("{}\t{megabytes:.1} MB\t{fingerprint}", backbones.join(", ")))
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(io_kind(error), format!("cannot read {}: {error}", path.display()))
}

//! `kindred embed`

use std::path::PathBuf;

use clap::Args;

use super::compute::Compute;
use super::exit::{ExitStatus, Failure};
use super::ingest::print_rejected;
use super::output::line;
use super::progress::Display;
use crate::dataset::{Source, write_paths};
use crate::domain::Embedding;
use crate::error::ErrorKind;
use crate::ingest::{Embeddings, embed};
use crate::network::{NamedTensor, write_safetensors};

#[derive(Args)]
pub(super) struct Arguments {
    /// Folder or zip archive of photos, in any layout
    dir: PathBuf,
    /// Folder of the model bundle: a manifest.toml and weights
    #[arg(long, value_name = "BUNDLE")]
    model: PathBuf,
    #[command(flatten)]
    compute: Compute,
    /// Safetensors file to write: `embeddings`, (n, d) float32; a csv next to it lists the photos' paths
    #[arg(long, value_name = "FILE.safetensors")]
    out: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let paths_file = arguments.out.with_extension("csv");
    if paths_file == arguments.out {
        let message =
            format!("--out {} would be overwritten by the csv of the paths", paths_file.display());
        return Err(Failure::new(ErrorKind::InvalidInput, message));
    }
    let mut source = Source::open(&arguments.dir)?;
    let bundle = arguments.compute.load(&arguments.model)?;
    let display = Display::start()?;
    let found = embed(&mut source, &bundle, &display)?;
    display.finish();
    print_rejected(&found.rejected);
    if found.cancelled {
        line!("stopped; nothing was written");
        return Ok(ExitStatus::Stopped);
    }
    if found.paths.is_empty() {
        return Err(Failure::new(
            ErrorKind::InvalidInput,
            "none of the photos could be embedded; nothing was written",
        ));
    }
    write_safetensors(&arguments.out, &tensors(bundle.names(), &found))?;
    write_paths(&paths_file, &found.paths)?;
    line!("{} photos embedded, {} rejected", found.paths.len(), found.rejected.len());
    Ok(if found.rejected.is_empty() { ExitStatus::Done } else { ExitStatus::SomeRejected })
}

/// Returns one tensor per backbone, `(n, d)`.
///
/// The first is named `embeddings`, each further one `embeddings.NAME`.
fn tensors(names: &[String], found: &Embeddings) -> Vec<NamedTensor> {
    let tensor = |(at, (name, rows)): (usize, (&String, &Vec<Embedding>))| NamedTensor {
        name: if at == 0 { "embeddings".into() } else { format!("embeddings.{name}") },
        shape: vec![rows.len(), rows.first().map_or(0, Embedding::dimension)],
        values: rows.iter().flat_map(Embedding::as_slice).copied().collect(),
    };
    names.iter().zip(&found.by_backbone).enumerate().map(tensor).collect()
}

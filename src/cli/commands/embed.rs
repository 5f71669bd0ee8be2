//! `kindred embed`

use std::path::PathBuf;

use crate::cli::args::{BundleArgs, PhotosArgs};
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::line;
use crate::cli::print::print_rejected;
use crate::cli::progress::Display;
use crate::dataset::write_paths;
use crate::domain::Embedding;
use crate::error::ErrorKind;
use crate::ingest::{Embeddings, embed};
use crate::network::{NamedTensor, write_safetensors};

const EXAMPLES: &str = "\
Examples:
  kindred embed --photos photos --out faces.safetensors
  kindred embed --photos photos.zip --model models/family --out faces.safetensors";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    photos: PhotosArgs,
    #[command(flatten)]
    bundle: BundleArgs,
    /// Safetensors file to write; a csv next to it lists the photos
    ///
    /// The tensor `embeddings` is (n, d) float32, with unit length a row.
    #[arg(long, value_name = "FILE.safetensors")]
    out: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let paths_file = args.out.with_extension("csv");
    if paths_file == args.out {
        let message =
            format!("--out {} would be overwritten by the csv of the paths", paths_file.display());
        return Err(Failure::new(ErrorKind::InvalidInput, message));
    }
    let mut source = args.photos.open()?;
    let bundle = args.bundle.load()?;
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
    write_safetensors(&args.out, &tensors(bundle.names(), &found))?;
    write_paths(&paths_file, &found.paths)?;
    line!("{} photos embedded, {} rejected", found.paths.len(), found.rejected.len());
    Ok(if found.rejected.is_empty() { ExitStatus::Done } else { ExitStatus::SomeRejected })
}

/// Returns one tensor per backbone, `(n, d)`.
///
/// The first is named `embeddings`, each further one `embeddings.NAME`.
fn tensors(names: &[String], found: &Embeddings) -> Vec<NamedTensor> {
    let mut tensors = Vec::with_capacity(names.len());
    for (i, (name, rows)) in names.iter().zip(&found.by_backbone).enumerate() {
        tensors.push(NamedTensor {
            name: if i == 0 { "embeddings".into() } else { format!("embeddings.{name}") },
            shape: vec![rows.len(), rows.first().map_or(0, Embedding::dimension)],
            values: rows.iter().flat_map(Embedding::as_slice).copied().collect(),
        });
    }
    tensors
}

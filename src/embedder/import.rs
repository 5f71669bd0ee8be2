//! Weights as people have them become a bundle.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::manifest::FORMAT;
use super::{BackboneEntry, EmbedderError, Manifest, hash};
use crate::backbone::import::{Recognised, read_checkpoint, recognise};
use crate::backbone::write_safetensors;

/// What an import found.
pub struct Import {
    /// The manifest that was written.
    pub manifest: Manifest,
    /// The file's format and the place that its names are of, in words.
    pub origin: String,
    /// Number of tensors that the network has.
    pub tensors: usize,
    /// Number of values in them.
    pub parameters: usize,
    /// Tensors of the file that the network has no use for.
    pub unused: Vec<String>,
}

/// Makes a bundle in the new folder `bundle` of the weights in `file`, which are those of the architecture called
/// `architecture`. The folder is there only once it is whole.
///
/// # Errors
/// When the folder is there already or cannot be made, or when `file` holds no whole weights of that architecture.
pub fn import(
    file: &Path,
    architecture: &str,
    bundle: &Path,
    licence: &str,
) -> Result<Import, EmbedderError> {
    if bundle.exists() {
        return Err(EmbedderError::AlreadyThere { path: bundle.to_owned() });
    }
    let recognised = recognise(file, read_checkpoint(file)?, architecture)?;
    let unfinished = beside(bundle);
    let written = write(&recognised, (bundle, &unfinished), licence).and_then(|manifest| {
        fs::rename(&unfinished, bundle).map_err(unwritable(bundle))?;
        Ok(manifest)
    });
    if written.is_err() {
        // What is left is of no use; the error that matters is the first.
        let _ = fs::remove_dir_all(&unfinished);
    }
    let Recognised { origin, tensors, unused, .. } = recognised;
    let parameters = tensors.iter().map(|tensor| tensor.values.len()).sum();
    Ok(Import { manifest: written?, origin, tensors: tensors.len(), parameters, unused })
}

/// Where a bundle is put together: on the same disk, under a name that another import does not use.
fn beside(bundle: &Path) -> PathBuf {
    let name = bundle.file_name().unwrap_or_default().to_string_lossy();
    bundle.with_file_name(format!(".{name}.unfinished-{}", std::process::id()))
}

fn write(
    recognised: &Recognised,
    (bundle, unfinished): (&Path, &Path),
    licence: &str,
) -> Result<Manifest, EmbedderError> {
    let Recognised { architecture, preprocessing, tensors, .. } = recognised;
    fs::create_dir_all(unfinished).map_err(unwritable(unfinished))?;
    let weights = format!("{}.safetensors", architecture.name());
    let path = unfinished.join(&weights);
    write_safetensors(&path, tensors)?;
    let sha256 = File::open(&path).and_then(|mut file| hash(&mut file));
    let entry = BackboneEntry {
        name: architecture.name().to_owned(),
        weights,
        sha256: sha256.map_err(unwritable(&path))?.to_string(),
        network: architecture.clone(),
        preprocessing: *preprocessing,
    };
    let name = bundle.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let licence = licence.to_owned();
    let manifest = Manifest { format: FORMAT, name, licence, backbones: vec![entry] };
    manifest.write(unfinished)?;
    Ok(manifest)
}

fn unwritable(path: &Path) -> impl Fn(io::Error) -> EmbedderError {
    let path = path.to_owned();
    move |source| EmbedderError::Unwritable { path: path.clone(), source }
}

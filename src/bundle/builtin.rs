//! The built-in bundle.

use std::path::Path;
use std::{fs, io};

use sha2::{Digest, Sha256};

use super::error::BundleError;
use super::manifest::Manifest;
use crate::domain::Fingerprint;

macro_rules! built_in {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../models/default/", $name)).as_slice())
    };
}

const MANIFEST: &[u8] = include_bytes!("../../models/default/manifest.toml");

/// Its files, from `models/default`.
const FILES: [(&str, &[u8]); 4] = [
    ("manifest.toml", MANIFEST),
    built_in!("landmarks.safetensors"),
    built_in!("vggface-lite.safetensors"),
    built_in!("kinship.safetensors"),
];

/// Returns the fingerprint of the built-in bundle's embeddings.
///
/// # Panics
/// If the program was built with an invalid manifest.
pub fn builtin_fingerprint() -> Fingerprint {
    let text = str::from_utf8(MANIFEST).expect("the manifest is text");
    Manifest::parse(text).expect("the built-in manifest is valid").fingerprint()
}

/// Returns the SHA-256 of the built-in manifest, which contains those of all weights.
pub fn builtin_digest() -> Fingerprint {
    Fingerprint(Sha256::digest(MANIFEST).into())
}

/// Writes the built-in bundle into the folder `bundle`, unless it is there already.
///
/// The folder appears with all files at once. Several processes may write it at the same time.
///
/// # Errors
/// - [`BundleError::AlreadyThere`] if other files are there.
/// - [`BundleError::Unwritable`] if the files cannot be written.
pub fn write_builtin(bundle: &Path) -> Result<(), BundleError> {
    if is_written(bundle) {
        return Ok(());
    }
    if bundle.exists() {
        return Err(BundleError::AlreadyThere { path: bundle.to_owned() });
    }
    let unfinished = bundle.with_extension(format!("unfinished-{}", std::process::id()));
    let written = write_files(&unfinished).and_then(|()| fs::rename(&unfinished, bundle));
    let Err(source) = written else { return Ok(()) };
    // Another process may have been faster. An unfinished folder is of no use.
    let _ = fs::remove_dir_all(&unfinished);
    if is_written(bundle) {
        return Ok(());
    }
    Err(BundleError::Unwritable { path: bundle.to_owned(), source })
}

fn is_written(bundle: &Path) -> bool {
    FILES.iter().all(|(name, bytes)| fs::read(bundle.join(name)).is_ok_and(|file| file == *bytes))
}

fn write_files(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (name, bytes) in FILES {
        fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}

//! The built-in bundle.

use std::fs;
use std::path::Path;

use super::error::BundleError;

macro_rules! built_in {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../models/default/", $name)).as_slice())
    };
}

/// Its files, from `models/default`.
const FILES: [(&str, &[u8]); 4] = [
    built_in!("manifest.toml"),
    built_in!("landmarks.safetensors"),
    built_in!("vggface-lite.safetensors"),
    built_in!("kinship.safetensors"),
];

/// Writes the built-in bundle into the folder `bundle`, unless it is there already.
///
/// # Errors
/// - [`BundleError::AlreadyThere`] if other files are there.
/// - [`BundleError::Unwritable`] if the files cannot be written.
pub fn write_builtin(bundle: &Path) -> Result<(), BundleError> {
    if FILES
        .iter()
        .all(|(name, bytes)| fs::read(bundle.join(name)).is_ok_and(|file| file == *bytes))
    {
        return Ok(());
    }
    if bundle.exists() {
        return Err(BundleError::AlreadyThere { path: bundle.to_owned() });
    }
    let unfinished = bundle.with_extension(format!("unfinished-{}", std::process::id()));
    let write = || {
        fs::create_dir_all(&unfinished)?;
        FILES.iter().try_for_each(|(name, bytes)| fs::write(unfinished.join(name), bytes))?;
        fs::rename(&unfinished, bundle)
    };
    write().map_err(|source| BundleError::Unwritable { path: bundle.to_owned(), source })
}

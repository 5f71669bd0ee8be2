//! Cache folder of the user, with the built-in bundle.

use std::env;
use std::path::PathBuf;

use super::exit::Failure;
use crate::bundle::{builtin_digest, write_builtin};
use crate::error::{ErrorKind, io_kind};

/// Number of characters of the digest in the folder's name.
const DIGEST_CHARACTERS: usize = 12;

/// Returns the folder of the built-in bundle, which is written if it is not there.
///
/// The name contains a digest: programs with other built-in bundles use other folders.
pub(crate) fn builtin_bundle() -> Result<PathBuf, Failure> {
    let cache = cache_folder()?;
    std::fs::create_dir_all(&cache).map_err(|error| {
        Failure::new(io_kind(&error), format!("cannot create {}: {error}", cache.display()))
    })?;
    let digest = builtin_digest().to_string();
    let bundle = cache.join(format!("default-{}", &digest[..DIGEST_CHARACTERS]));
    write_builtin(&bundle)?;
    Ok(bundle)
}

/// Returns `$XDG_CACHE_HOME/kindred`, or `~/.cache/kindred`. Relative paths are ignored.
fn cache_folder() -> Result<PathBuf, Failure> {
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = env::var_os("HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    match cache.or_else(|| home.map(|home| home.join(".cache"))) {
        Some(cache) => Ok(cache.join("kindred")),
        None => {
            let detail = "no folder for the built-in bundle; set HOME, or name a bundle by --model";
            Err(Failure::new(ErrorKind::InvalidInput, detail))
        }
    }
}

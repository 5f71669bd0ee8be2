//! Folders of the server that a job may read.

use std::path::{Component, Path, PathBuf};

use crate::api::problem::Problem;

/// Resolves a folder inside the allowed root, after links are followed.
///
/// # Errors
/// 422 if no root is allowed, or the folder does not exist or is not inside the root.
pub(in crate::api) fn resolve_folder(
    root: Option<&Path>,
    folder: &str,
) -> Result<PathBuf, Problem> {
    let root = root.ok_or_else(|| {
        Problem::invalid("no folder of the server may be read; start it with --photo-root")
    })?;
    let mut components = Path::new(folder).components();
    if !components.all(|c| matches!(c, Component::Normal(_) | Component::CurDir)) {
        return Err(outside());
    }
    // The error does not reveal whether another file exists there.
    let resolved =
        root.canonicalize().and_then(|root| Ok((root.join(folder).canonicalize()?, root)));
    let (path, root) = resolved.map_err(|_| Problem::invalid("there is no such folder"))?;
    if path.starts_with(&root) { Ok(path) } else { Err(outside()) }
}

fn outside() -> Problem {
    Problem::invalid("the folder is not inside the one that may be read")
}

//! Photos of a probe, from their files to their embeddings.

use std::fmt;
use std::path::{Path, PathBuf};

use super::exit::Failure;
use crate::bundle::Bundle;
use crate::error::{Classify, io_kind};
use crate::pipeline::{PhotoFile, PreparedPhoto, Rejection, Thumbnails, embed, prepare};
use crate::search::ProbePhotos;

/// Prepares photos. Each must show a face.
pub(crate) fn prepare_photos(
    bundle: &Bundle,
    paths: &[PathBuf],
) -> Result<Vec<PreparedPhoto>, Failure> {
    paths.iter().map(|path| prepare_photo(bundle, path)).collect()
}

fn prepare_photo(bundle: &Bundle, path: &Path) -> Result<PreparedPhoto, Failure> {
    let file = PhotoFile::read(path).map_err(|error| match error {
        Rejection::Unreadable(source) => {
            Failure::new(io_kind(&source), format!("cannot read {}: {source}", path.display()))
        }
        error => failure(path, error),
    })?;
    prepare(bundle, &file, Thumbnails::Skip)
        .and_then(PreparedPhoto::with_face)
        .map_err(|error| failure(path, error))
}

fn failure(path: &Path, error: impl Classify + fmt::Display) -> Failure {
    Failure::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Embeds photos of one face each.
pub(crate) fn embed_photos(
    bundle: &Bundle,
    photos: Vec<PreparedPhoto>,
) -> Result<ProbePhotos, Failure> {
    let mut probe = ProbePhotos::default();
    for photo in embed(bundle, photos)? {
        let photo = photo?;
        probe.files.push(photo.content_hash);
        probe.embeddings.extend(photo.into_first_face().map(|face| face.embeddings));
    }
    Ok(probe)
}

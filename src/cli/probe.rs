//! Photos of a probe, on the road from their files to a query.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use super::exit::Failure;
use crate::bundle::Bundle;
use crate::domain::{ContentHash, Embedding, PersonId};
use crate::error::{Classify, io_kind};
use crate::gallery::GalleryView;
use crate::pipeline::{PhotoFile, PreparedPhoto, Rejection, Thumbnails, embed, prepare};
use crate::search::Probe;

/// Photos of one person.
#[derive(Default)]
pub(crate) struct ProbePhotos {
    /// Per photo, one embedding per backbone.
    pub(crate) embeddings: Vec<Vec<Embedding>>,
    pub(crate) files: Vec<ContentHash>,
}

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
    let photo = prepare(bundle, &file, Thumbnails::Skip).map_err(|error| failure(path, error))?;
    photo.with_face().map_err(|error| failure(path, error))
}

fn failure(path: &Path, error: impl Classify + fmt::Display) -> Failure {
    Failure::new(error.kind(), format!("{}: {error}", path.display()))
}

impl ProbePhotos {
    /// Embeds photos of one face each.
    pub(crate) fn embed(bundle: &Bundle, photos: Vec<PreparedPhoto>) -> Result<Self, Failure> {
        let mut probe = Self::default();
        for photo in embed(bundle, photos)? {
            let photo = photo?;
            probe.files.push(photo.content_hash);
            probe.embeddings.extend(photo.faces.into_iter().next().map(|face| face.embeddings));
        }
        Ok(probe)
    }

    /// Returns the probe. It is known if one of its files is enrolled.
    pub(crate) fn probe(
        &self,
        view: &dyn GalleryView,
        mut known: BTreeSet<PersonId>,
    ) -> Result<Probe<'_>, Failure> {
        known.extend(view.people_of_files(&self.files)?);
        Ok(Probe { photos: &self.embeddings, known })
    }
}

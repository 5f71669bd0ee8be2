//! Embeddings of a collection, as arrays.

use super::batches::{Batches, Item};
use super::{IngestError, Rejected};
use crate::bundle::Bundle;
use crate::dataset::Source;
use crate::domain::{Embedding, Progress};
use crate::photo::EXTENSIONS;
use crate::pipeline::Thumbnails;

/// The embeddings of photos, in the requested order. For a collection it is the byte order of the
/// paths.
#[derive(Debug, Default)]
pub struct Embeddings {
    /// Path in the collection, per photo.
    pub paths: Vec<String>,
    /// One embedding a photo, per backbone, in the bundle's order.
    pub by_backbone: Vec<Vec<Embedding>>,
    /// Photos without embedding.
    pub rejected: Vec<Rejected>,
    /// Whether the job was cancelled.
    pub cancelled: bool,
}

/// Embeds every photo in `source`, in families or not.
///
/// A photo that cannot be read or embedded is no error. It is named in the result.
///
/// # Errors
/// - [`IngestError::Dataset`] if there is no photo.
/// - [`IngestError::Bundle`] if a backbone fails.
pub fn embed(
    source: &mut Source,
    bundle: &Bundle,
    progress: &dyn Progress,
) -> Result<Embeddings, IngestError> {
    let listing = source.list(&EXTENSIONS)?;
    let mut found = embed_photos(source, listing.photos, bundle, progress)?;
    found.rejected.extend(listing.unreadable.into_iter().map(Rejected::from));
    Ok(found)
}

/// Embeds these photos of `source`, in their order. Their names are those of [`Source::list`].
///
/// A photo that cannot be read or embedded is no error. It is named in the result.
///
/// # Errors
/// [`IngestError::Bundle`] if a backbone fails.
pub fn embed_photos(
    source: &mut Source,
    photos: Vec<String>,
    bundle: &Bundle,
    progress: &dyn Progress,
) -> Result<Embeddings, IngestError> {
    let by_backbone = bundle.names().iter().map(|_| Vec::new()).collect();
    let mut found = Embeddings { by_backbone, ..Embeddings::default() };
    let items = photos.into_iter().map(|path| Item { key: (), path }).collect();
    let batches = Batches { source, bundle, progress, thumbnails: Thumbnails::Skip };
    let skipped = batches.run(
        items,
        |(), _| Ok(false),
        |batch| {
            for item in batch {
                for face in item.photo.faces {
                    found.paths.push(item.path.clone());
                    for (column, embedding) in found.by_backbone.iter_mut().zip(face.embeddings) {
                        column.push(embedding);
                    }
                }
            }
            Ok(())
        },
    )?;
    found.rejected.extend(skipped.rejected);
    found.cancelled = skipped.cancelled;
    Ok(found)
}

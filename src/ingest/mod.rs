//! Long jobs over a photo collection: [`ingest`] into a gallery, [`embed`] into arrays.

mod error;
mod pipeline;

use std::collections::BTreeSet;

use crate::bundle::Bundle;
use crate::dataset::{FamilyPhotos, Listing, Source, family_photos, people_photos, single_photos};
use crate::domain::{
    EmbeddedFace, EmbeddedPhoto, Embedding, PersonId, PhotoId, Progress, Relationship,
};
use crate::gallery::{Filter, Gallery, NewPhoto};
use crate::photo::EXTENSIONS;

pub use error::IngestError;
pub use pipeline::Rejected;
use pipeline::{Embedded, Item, Pipeline};

/// Result of an ingest.
#[derive(Debug, Default)]
pub struct Report {
    /// Photos added by this run.
    pub enrolled: usize,
    /// Photos that the gallery had already, from the same file.
    pub known: usize,
    /// Photos that could not be added.
    pub rejected: Vec<Rejected>,
    /// Files without a photo extension.
    pub other_files: usize,
    /// Whether the job was cancelled. A later run resumes it.
    pub cancelled: bool,
}

/// How paths determine the person in a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A folder per family, in it a folder per person: `F0001/MID1/photo.jpg`.
    Families,
    /// A folder per person. All people are unrelated.
    People,
    /// One photo of each person, in any folders. All people are unrelated.
    Single,
}

/// The photos to ingest from a collection.
pub struct Plan {
    source: Source,
    listing: Listing,
    families: FamilyPhotos,
    thumbnails: bool,
    known_photos: bool,
}

impl Plan {
    /// Lists the photos of families in a collection.
    ///
    /// # Errors
    /// [`IngestError::Dataset`] if there are none.
    pub fn new(source: Source) -> Result<Self, IngestError> {
        Self::of(source, Layout::Families)
    }

    /// Lists the photos of a collection in a layout.
    ///
    /// # Errors
    /// [`IngestError::Dataset`] if there is no photo, or none in a family of [`Layout::Families`].
    pub fn of(source: Source, layout: Layout) -> Result<Self, IngestError> {
        let listing = source.list(&EXTENSIONS)?;
        let families = match layout {
            Layout::Families => family_photos(&source, &listing)?,
            Layout::People => people_photos(&source, &listing),
            Layout::Single => single_photos(&listing),
        };
        Ok(Self { source, listing, families, thumbnails: false, known_photos: false })
    }

    /// Stores a thumbnail of each photo in the gallery.
    #[must_use]
    pub fn with_thumbnails(self) -> Self {
        Self { thumbnails: true, ..self }
    }

    /// Embeds photos again that the gallery has from the same file.
    #[must_use]
    pub fn with_known_photos(self) -> Self {
        Self { known_photos: true, ..self }
    }

    /// Excludes the photos for which `counts` is false.
    #[must_use]
    pub fn retaining(mut self, counts: impl Fn(&PhotoId) -> bool) -> Self {
        self.families.photos.retain(|photo, _| counts(photo));
        self
    }

    /// Paths of the photos in the collection, in the same order.
    pub fn paths(&self) -> impl Iterator<Item = &String> {
        self.families.photos.values()
    }

    /// The photos of families, in the order of their identities.
    pub fn photos(&self) -> impl Iterator<Item = &PhotoId> {
        self.families.photos.keys()
    }
}

/// Adds the photos of the plan to `gallery`, and optimizes it for searches.
///
/// Photos that it has from the same file are skipped, unless the plan includes them. The plan sets
/// whether thumbnails are stored. Photos are on disk batch by batch. Photos that were reported to
/// `progress` stay, even if the job ends early. A photo that cannot be read or embedded is no
/// error. It is named in the report.
///
/// # Errors
/// - [`IngestError::Gallery`] if the gallery was made with another bundle, or fails.
/// - [`IngestError::Bundle`] if a backbone fails.
pub fn ingest(
    plan: Plan,
    gallery: &dyn Gallery,
    bundle: &Bundle,
    progress: &dyn Progress,
) -> Result<Report, IngestError> {
    gallery.check_bundle(bundle.space())?;
    let Plan { mut source, listing, families, thumbnails, known_photos } = plan;
    let mut report = Report { other_files: listing.other_files, ..Report::default() };
    report.rejected.extend(listing.unreadable.into_iter().map(Rejected::from));
    report.rejected.extend(families.misplaced.into_iter().map(Rejected::from));

    let items = families.photos.into_iter().map(|(key, path)| Item { key, path }).collect();
    let is_known = |id: &PhotoId, hash| {
        let is_enrolled = !known_photos && gallery.content_hash(id)? == Some(hash);
        Ok(is_enrolled && (!thumbnails || gallery.thumbnail(id)?.is_some()))
    };
    let pipeline = Pipeline { source: &mut source, bundle, progress, thumbnails };
    let end = pipeline.run(items, is_known, |batch| {
        report.enrolled += batch.len();
        Ok(gallery.add_photos(batch.into_iter().map(enrolment).collect())?)
    })?;
    report.known = end.known;
    report.rejected.extend(end.rejected);
    report.cancelled = end.cancelled;
    if !report.cancelled {
        gallery.optimize(progress)?;
    }
    Ok(report)
}

fn enrolment(photo: Embedded<PhotoId>) -> NewPhoto {
    let Embedded { key, content_hash, embeddings, thumbnail, .. } = photo;
    let faces = vec![EmbeddedFace { embeddings }];
    NewPhoto { id: key, photo: EmbeddedPhoto { content_hash, thumbnail, faces } }
}

/// Adds kin pairs to the gallery. Returns how many of them name a person without a photo in it.
///
/// Those pairs are stored too.
///
/// # Errors
/// [`IngestError::Gallery`] if the gallery fails.
pub fn relate(gallery: &dyn Gallery, pairs: &[Relationship]) -> Result<usize, IngestError> {
    gallery.add_relationships(pairs)?;
    let with_photos: BTreeSet<PersonId> =
        gallery.view()?.people(&Filter::default())?.into_iter().collect();
    let lacks_photos =
        |pair: &&Relationship| !pair.people().iter().all(|p| with_photos.contains(p));
    Ok(pairs.iter().filter(lacks_photos).count())
}

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
    let pipeline = Pipeline { source, bundle, progress, thumbnails: false };
    let end = pipeline.run(
        items,
        |(), _| Ok(false),
        |batch| {
            for photo in batch {
                found.paths.push(photo.path);
                for (column, embedding) in found.by_backbone.iter_mut().zip(photo.embeddings) {
                    column.push(embedding);
                }
            }
            Ok(())
        },
    )?;
    found.rejected.extend(end.rejected);
    found.cancelled = end.cancelled;
    Ok(found)
}

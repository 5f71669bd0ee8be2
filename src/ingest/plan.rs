//! Plan of an ingest: the photos of a collection.

use super::IngestError;
use crate::dataset::{FamilyPhotos, Listing, Source, family_photos, people_photos, single_photos};
use crate::domain::PhotoId;
use crate::photo::EXTENSIONS;
use crate::pipeline::Thumbnails;

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
    pub(super) source: Source,
    pub(super) listing: Listing,
    pub(super) families: FamilyPhotos,
    pub(super) thumbnails: Thumbnails,
    pub(super) embeds_known: bool,
}

impl Plan {
    /// Lists the photos of families in a collection.
    ///
    /// # Errors
    /// [`IngestError::Dataset`] if there are none.
    pub fn new(source: Source) -> Result<Self, IngestError> {
        Self::with_layout(source, Layout::Families)
    }

    /// Lists the photos of a collection in a layout.
    ///
    /// # Errors
    /// [`IngestError::Dataset`] if there is no photo, or none in a family of [`Layout::Families`].
    pub fn with_layout(source: Source, layout: Layout) -> Result<Self, IngestError> {
        let listing = source.list(&EXTENSIONS)?;
        let families = match layout {
            Layout::Families => family_photos(&source, &listing)?,
            Layout::People => people_photos(&source, &listing),
            Layout::Single => single_photos(&listing),
        };
        Ok(Self { source, listing, families, thumbnails: Thumbnails::Skip, embeds_known: false })
    }

    /// Stores a thumbnail of each photo in the gallery.
    #[must_use]
    pub fn with_thumbnails(self) -> Self {
        Self { thumbnails: Thumbnails::Create, ..self }
    }

    /// Embeds photos again that the gallery has from the same file.
    #[must_use]
    pub fn with_known_photos(self) -> Self {
        Self { embeds_known: true, ..self }
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

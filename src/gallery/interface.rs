//! The gallery interface: all that search, ingest, evaluation and the service need of a storage.
//!
//! All methods block.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::deleted::Deleted;
use super::error::GalleryError;
use super::filter::Filter;
use super::neighbor::{Nearest, Neighbor};
use super::photo::{NewPhoto, StoredPhoto};
use super::query::{NearestQuery, PageRequest};
use crate::domain::{
    ContentHash, Embedding, EmbeddingSpace, EntityId, PersonId, PhotoId, Progress, Relationship,
};

/// Stored photos, their people and relationships. Threads share a gallery.
pub trait Gallery: Send + Sync {
    /// The space of the stored embeddings.
    fn space(&self) -> &EmbeddingSpace;

    /// Path of the bundle at the last ingest.
    fn bundle(&self) -> &Path;

    /// Returns the current content for searches and lists. Later changes do not show in it.
    ///
    /// # Errors
    /// - [`GalleryError::Store`] if the store fails or is damaged.
    /// - [`GalleryError::BadEmbedding`] if a stored vector is not an embedding.
    fn view(&self) -> Result<Arc<dyn GalleryView>, GalleryError>;

    /// Returns how often photos and listed kin have changed since the gallery was created.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails.
    fn version(&self) -> Result<u64, GalleryError>;

    /// Returns the number of stored photos.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails.
    fn photo_count(&self) -> Result<usize, GalleryError>;

    /// Returns a photo, if it is stored.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails.
    fn photo(&self, id: &PhotoId) -> Result<Option<StoredPhoto>, GalleryError>;

    /// Returns the embeddings of a photo, one per backbone. Returns `None` if it is not stored.
    ///
    /// # Errors
    /// - [`GalleryError::Store`] if the store fails or is damaged.
    /// - [`GalleryError::BadEmbedding`] if a stored vector is not an embedding.
    fn embeddings(&self, id: &PhotoId) -> Result<Option<Vec<Embedding>>, GalleryError>;

    /// Returns the thumbnail of a photo, a JPEG. Returns `None` if the photo or its thumbnail is
    /// not stored.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails or is damaged.
    fn thumbnail(&self, id: &PhotoId) -> Result<Option<Vec<u8>>, GalleryError>;

    /// Adds photos, all or none.
    ///
    /// They are on disk when this returns, and in every later view. A photo that is stored already
    /// is replaced. Of several with the same identity the last one is stored.
    ///
    /// # Errors
    /// - [`GalleryError::FaceCount`] if a photo does not have exactly one face.
    /// - [`GalleryError::WrongDimension`] if the embeddings are not of this gallery's space.
    /// - [`GalleryError::Store`] if the store fails.
    fn add_photos(&self, photos: Vec<NewPhoto>) -> Result<(), GalleryError>;

    /// Adds photos, then deletes all other photos of a person. The listed pairs stay.
    ///
    /// If the program ends meanwhile, the person has too many photos, never too few.
    ///
    /// # Errors
    /// As [`Self::add_photos`].
    fn replace_photos(
        &self,
        person: PersonId,
        photos: Vec<NewPhoto>,
    ) -> Result<Deleted, GalleryError>;

    /// Deletes photos with their embeddings, and the listed pairs of a deleted person or family.
    ///
    /// They are gone from the disk's records when this returns, and from every later view.
    ///
    /// # Errors
    /// - [`GalleryError::NotEnrolled`] if nothing to delete is stored.
    /// - [`GalleryError::Store`] if the store fails.
    fn delete(&self, target: &EntityId) -> Result<Deleted, GalleryError>;

    /// Adds kin pairs. A pair replaces an earlier one of the same two people.
    ///
    /// They are on disk when this returns. The people need no photos.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails.
    fn add_relationships(&self, pairs: &[Relationship]) -> Result<(), GalleryError>;

    /// Replaces all listed pairs of a person, or of the people of a family, by other pairs.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails.
    fn replace_relationships(
        &self,
        scope: &EntityId,
        pairs: &[Relationship],
    ) -> Result<Deleted, GalleryError>;

    /// Deletes the listed pair of two people, in either order.
    ///
    /// # Errors
    /// - [`GalleryError::NotEnrolled`] if they are not listed.
    /// - [`GalleryError::Store`] if the store fails.
    fn delete_relationship(&self, people: [PersonId; 2]) -> Result<Deleted, GalleryError>;

    /// Prepares fast searches after many additions. No result depends on it.
    ///
    /// Nothing changes if `progress` is cancelled.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails. Then nothing has changed.
    fn optimize(&self, progress: &dyn Progress) -> Result<(), GalleryError>;

    /// Returns the hash of a stored photo's source file.
    ///
    /// # Errors
    /// As [`Self::photo`].
    fn content_hash(&self, id: &PhotoId) -> Result<Option<ContentHash>, GalleryError> {
        Ok(self.photo(id)?.map(|photo| photo.content_hash))
    }

    /// Checks that embeddings of `space` are comparable with the stored ones.
    ///
    /// # Errors
    /// [`GalleryError::OtherBundle`] if they were made with different bundles.
    fn check_bundle(&self, space: &EmbeddingSpace) -> Result<(), GalleryError> {
        if self.space() == space {
            return Ok(());
        }
        Err(GalleryError::OtherBundle {
            enrolled_with: self.bundle().to_owned(),
            expected: self.space().fingerprint,
            found: space.fingerprint,
        })
    }

    /// Returns the current content for searches with probes of `space`.
    ///
    /// # Errors
    /// - [`GalleryError::OtherBundle`] if the probes are of another bundle than the gallery.
    /// - As [`Self::view`].
    fn view_for(&self, space: &EmbeddingSpace) -> Result<Arc<dyn GalleryView>, GalleryError> {
        self.check_bundle(space)?;
        self.view()
    }
}

/// An immutable view of a gallery.
pub trait GalleryView: Send + Sync {
    /// The space of the embeddings.
    fn space(&self) -> &EmbeddingSpace;

    /// Number of photos.
    fn photo_count(&self) -> usize;

    /// Returns photos in the order of their identities: all photos, or those of a family or person.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails.
    fn photos(
        &self,
        scope: Option<&EntityId>,
        page: &PageRequest<PhotoId>,
    ) -> Result<Vec<Arc<StoredPhoto>>, GalleryError>;

    /// Returns listed pairs in their order: all pairs, or those that name a person of the scope.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails.
    fn relationships(
        &self,
        scope: Option<&EntityId>,
        page: &PageRequest<[PersonId; 2]>,
    ) -> Result<Vec<Relationship>, GalleryError>;

    /// Returns the people with a photo that passes the filter, in the order of their identities.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails.
    fn people(&self, filter: &Filter) -> Result<Vec<PersonId>, GalleryError>;

    /// Returns the people with photos added from one of these files.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails.
    fn people_of_files(&self, files: &[ContentHash]) -> Result<BTreeSet<PersonId>, GalleryError>;

    /// Returns photos of some people, grouped by person: at most `per_person` each, at most `count`
    /// in all. Their cosines are 0.
    ///
    /// The people are chosen by their identities alone. So a gallery of the same people gives the
    /// same sample.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails.
    fn sample(&self, count: usize, per_person: usize) -> Result<Vec<Neighbor>, GalleryError>;

    /// Returns the photos of a family or a person, or one photo, with their cosines to `probe`.
    ///
    /// They are in no particular order.
    ///
    /// # Errors
    /// - [`GalleryError::WrongDimension`] if the probe is not of this gallery's space.
    /// - [`GalleryError::Store`] if the store fails.
    fn compare(&self, entity: &EntityId, probe: &Embedding) -> Result<Vec<Neighbor>, GalleryError>;

    /// Returns the photos nearest to each probe, a result per probe.
    ///
    /// # Errors
    /// - [`GalleryError::WrongDimension`] if a probe is not of this gallery's space.
    /// - [`GalleryError::Store`] if the store fails.
    fn nearest(
        &self,
        probes: &[Embedding],
        query: &NearestQuery,
    ) -> Result<Vec<Nearest>, GalleryError>;

    /// Returns whether a photo of a family or a person, or one photo, is stored.
    ///
    /// # Errors
    /// As [`Self::photos`].
    fn contains(&self, entity: &EntityId) -> Result<bool, GalleryError> {
        let first = PageRequest { after: None, limit: 1 };
        Ok(!self.photos(Some(entity), &first)?.is_empty())
    }

    /// Returns the listed kin of a person, in the order of the identities.
    ///
    /// # Errors
    /// As [`Self::relationships`].
    fn relatives_of(&self, person: PersonId) -> Result<Vec<PersonId>, GalleryError> {
        let pairs = self.relationships(Some(&EntityId::Person(person)), &PageRequest::all())?;
        let mut relatives: Vec<PersonId> =
            pairs.iter().filter_map(|pair| pair.relative_of(person)).collect();
        relatives.sort_unstable();
        Ok(relatives)
    }

    /// Checks that a probe has the width of the embeddings that are searched.
    ///
    /// # Errors
    /// [`GalleryError::WrongDimension`] if it has another width.
    fn check_probe(&self, probe: &Embedding) -> Result<(), GalleryError> {
        let expected = self.space().retrieval_dimension();
        if probe.dimension() == expected {
            return Ok(());
        }
        let found = vec![probe.dimension()];
        Err(GalleryError::WrongDimension { expected: vec![expected], found })
    }
}

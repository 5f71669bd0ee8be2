//! Deletion of photos, people, families and kin pairs.

use super::gallery::Gallery;
use super::load::listed_pairs;
use super::store::Deleted;
use crate::domain::{EntityId, PersonId, PhotoId, Relationship};
use crate::gallery::error::GalleryError;
use crate::gallery::photo::NewPhoto;

impl Gallery {
    /// Deletes photos with their embeddings, and the listed pairs of a deleted person or family.
    ///
    /// They are gone from the store when this returns, and from every later snapshot.
    ///
    /// # Errors
    /// - [`GalleryError::NotEnrolled`] if nothing to delete is stored.
    /// - [`GalleryError::Store`] if the store fails.
    pub fn delete(&self, target: &EntityId) -> Result<Deleted, GalleryError> {
        let _writer = self.writer();
        let photos = self.store.photos_of(target)?;
        let pairs = self.relationships_of(target)?;
        if photos.is_empty() && pairs.is_empty() {
            return Err(GalleryError::NotEnrolled { what: target.to_string() });
        }
        self.delete_records(&photos, &pairs)
    }

    /// Deletes the listed pair of two people, in either order.
    ///
    /// # Errors
    /// - [`GalleryError::NotEnrolled`] if they are not listed.
    /// - [`GalleryError::Store`] if the store fails.
    pub fn delete_relationship(&self, people: [PersonId; 2]) -> Result<Deleted, GalleryError> {
        let _writer = self.writer();
        let [a, b] = people;
        let mut pairs = self.store.relationships()?;
        pairs.retain(|pair| [[a, b], [b, a]].contains(&pair.people()));
        if pairs.is_empty() {
            return Err(GalleryError::NotEnrolled { what: format!("the pair {a} and {b}") });
        }
        self.delete_records(&[], &pairs)
    }

    /// Adds photos, then deletes all other photos of a person. The listed pairs stay.
    ///
    /// If the program ends meanwhile, the person has too many photos, never too few.
    ///
    /// # Errors
    /// As [`Self::add_photos`].
    pub fn replace_photos(
        &self,
        person: PersonId,
        photos: Vec<NewPhoto>,
    ) -> Result<Deleted, GalleryError> {
        let retained: Vec<PhotoId> = photos.iter().map(|photo| photo.id.clone()).collect();
        self.add_photos(photos)?;
        let _writer = self.writer();
        let mut photos = self.store.photos_of(&EntityId::Person(person))?;
        photos.retain(|photo| !retained.contains(photo));
        self.delete_records(&photos, &[])
    }

    /// Replaces all listed pairs of a person, or of the people of a family, by other pairs.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails.
    pub fn replace_relationships(
        &self,
        scope: &EntityId,
        pairs: &[Relationship],
    ) -> Result<Deleted, GalleryError> {
        let _writer = self.writer();
        self.store.put_relationships(pairs)?;
        let mut replaced = self.relationships_of(scope)?;
        replaced.retain(|pair| !pairs.contains(pair));
        let deleted = self.store.delete(&[], &replaced)?;
        self.update(|snapshot| Ok(snapshot.with_listed(listed_pairs(&self.store)?)))?;
        Ok(deleted)
    }

    /// Returns the listed pairs of a person, or of the people of a family.
    fn relationships_of(&self, scope: &EntityId) -> Result<Vec<Relationship>, GalleryError> {
        let mut pairs = self.store.relationships()?;
        pairs.retain(|pair| pair.people().into_iter().any(|person| scope.includes(person)));
        Ok(pairs)
    }

    /// Deletes stored photos and pairs, for a writer.
    fn delete_records(
        &self,
        photos: &[PhotoId],
        pairs: &[Relationship],
    ) -> Result<Deleted, GalleryError> {
        let deleted = self.store.delete(photos, pairs)?;
        self.update(|snapshot| {
            let snapshot = snapshot.without(photos.iter());
            match pairs {
                [] => Ok(snapshot),
                _ => Ok(snapshot.with_listed(listed_pairs(&self.store)?)),
            }
        })?;
        Ok(deleted)
    }
}

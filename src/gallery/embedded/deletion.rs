//! Deletion of photos, people, families and kin pairs.

use super::Gallery;
use super::load::kin;
use super::store::Deleted;
use crate::domain::{EntityId, FamilyId, PersonId, PhotoId, Relationship};
use crate::gallery::error::GalleryError;

impl Gallery {
    /// Deletes photos with their embeddings, and the listed pairs of a deleted person or family.
    ///
    /// They are gone from the store when this returns, and from every later snapshot.
    ///
    /// # Errors
    /// - [`GalleryError::NotEnrolled`] if nothing to delete is stored.
    /// - [`GalleryError::Store`] if the store fails.
    pub fn remove(&self, who: &EntityId) -> Result<Deleted, GalleryError> {
        let _writer = self.writer();
        let photos = self.store.photos_of(who)?;
        let mut pairs = self.store.relationships()?;
        pairs.retain(|pair| pair.people().into_iter().any(|person| who.includes(person)));
        if photos.is_empty() && pairs.is_empty() {
            return Err(GalleryError::NotEnrolled { what: who.to_string() });
        }
        self.erase(&photos, &pairs)
    }

    /// Deletes the listed pair of two people, in either order.
    ///
    /// # Errors
    /// - [`GalleryError::NotEnrolled`] if they are not listed.
    /// - [`GalleryError::Store`] if the store fails.
    pub fn unrelate(&self, [a, b]: [PersonId; 2]) -> Result<Deleted, GalleryError> {
        let _writer = self.writer();
        let mut pairs = self.store.relationships()?;
        pairs.retain(|pair| [[a, b], [b, a]].contains(&pair.people()));
        if pairs.is_empty() {
            return Err(GalleryError::NotEnrolled { what: format!("the pair {a} and {b}") });
        }
        self.erase(&[], &pairs)
    }

    /// Deletes all photos of a person except `kept`. The listed pairs stay.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails.
    pub fn keep_only(&self, person: PersonId, kept: &[PhotoId]) -> Result<Deleted, GalleryError> {
        let _writer = self.writer();
        let mut photos = self.store.photos_of(&EntityId::Person(person))?;
        photos.retain(|photo| !kept.contains(photo));
        self.erase(&photos, &[])
    }

    /// Replaces all pairs that name a member of a family by other pairs.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the store fails.
    pub fn relate_only(
        &self,
        family: FamilyId,
        pairs: &[Relationship],
    ) -> Result<Deleted, GalleryError> {
        let _writer = self.writer();
        self.store.put_relationships(pairs)?;
        let mut others = self.store.relationships()?;
        let is_own = |person: PersonId| person.family() == family;
        others.retain(|pair| pair.people().into_iter().any(is_own) && !pairs.contains(pair));
        let removed = self.store.remove(&[], &others)?;
        self.update(|snapshot| Ok(snapshot.with_kin(kin(&self.store)?)))?;
        Ok(removed)
    }

    /// Deletes the stored ones, for a writer.
    fn erase(&self, photos: &[PhotoId], pairs: &[Relationship]) -> Result<Deleted, GalleryError> {
        let removed = self.store.remove(photos, pairs)?;
        self.update(|snapshot| {
            let snapshot = snapshot.without(photos.iter());
            Ok(if pairs.is_empty() { snapshot } else { snapshot.with_kin(kin(&self.store)?) })
        })?;
        Ok(removed)
    }
}

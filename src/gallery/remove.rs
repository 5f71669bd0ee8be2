//! Photos, people and families that are to be in the gallery no longer.

use super::load::kin;
use super::{Gallery, GalleryError};
use crate::domain::{FamilyId, MemberId, PhotoId, Relationship, Who};
use crate::store::Removed;

impl Gallery {
    /// Removes a photo, a person or a family.
    ///
    /// # Errors
    /// When nothing of it is here, or the store fails.
    pub fn remove(&self, who: &Who) -> Result<Removed, GalleryError> {
        match who {
            Who::Photo(id) => self.remove_photo(id),
            Who::Person(person) => self.remove_person(*person),
            Who::Family(family) => self.remove_family(*family),
        }
    }

    /// Removes a photo: its record and its embeddings. They are gone from the store when this returns, and from every
    /// later snapshot.
    ///
    /// # Errors
    /// When it is not enrolled, or the store fails.
    pub fn remove_photo(&self, id: &PhotoId) -> Result<Removed, GalleryError> {
        self.remove_each(|photo| photo == id, |_| false, id)
    }

    /// Removes a person: their photos, as [`Self::remove_photo`] does, and the listed pairs that name them.
    ///
    /// # Errors
    /// When nothing of them is here, or the store fails.
    pub fn remove_person(&self, person: MemberId) -> Result<Removed, GalleryError> {
        self.remove_each(|photo| photo.member() == person, |named| named == person, person)
    }

    /// Removes a family: its people, as [`Self::remove_person`] does.
    ///
    /// # Errors
    /// When nothing of it is here, or the store fails.
    pub fn remove_family(&self, family: FamilyId) -> Result<Removed, GalleryError> {
        self.remove_each(
            |photo| photo.member().family() == family,
            |named| named.family() == family,
            family,
        )
    }

    fn remove_each(
        &self,
        is_meant: impl Fn(&PhotoId) -> bool,
        is_named: impl Fn(MemberId) -> bool,
        what: impl ToString,
    ) -> Result<Removed, GalleryError> {
        let _writer = self.writer();
        let photos = self.store.photos()?.into_iter().map(|photo| photo.id);
        let photos: Vec<PhotoId> = photos.filter(&is_meant).collect();
        let mut pairs: Vec<Relationship> = self.store.relationships()?;
        pairs.retain(|pair| pair.people().into_iter().any(&is_named));
        if photos.is_empty() && pairs.is_empty() {
            return Err(GalleryError::NotEnrolled { what: what.to_string() });
        }
        self.erase(&photos, &pairs)
    }

    /// Lists two people as kin no longer, whichever is named first.
    ///
    /// # Errors
    /// When they are not listed, or the store fails.
    pub fn unrelate(&self, [a, b]: [MemberId; 2]) -> Result<Removed, GalleryError> {
        let _writer = self.writer();
        let mut pairs = self.store.relationships()?;
        pairs.retain(|pair| [[a, b], [b, a]].contains(&pair.people()));
        if pairs.is_empty() {
            return Err(GalleryError::NotEnrolled { what: format!("the pair {a} and {b}") });
        }
        self.erase(&[], &pairs)
    }

    /// Removes what is there, for whoever writes.
    fn erase(&self, photos: &[PhotoId], pairs: &[Relationship]) -> Result<Removed, GalleryError> {
        let removed = self.store.remove(photos, pairs)?;
        self.update(|snapshot| {
            let snapshot = snapshot.without(photos.iter());
            Ok(if pairs.is_empty() { snapshot } else { snapshot.with_kin(kin(&self.store)?) })
        })?;
        Ok(removed)
    }
}

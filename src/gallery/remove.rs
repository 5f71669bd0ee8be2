//! Photos, people and families that are to be in the gallery no longer.

use super::load::kin;
use super::{Gallery, GalleryError};
use crate::domain::{FamilyId, MemberId, PhotoId, Relationship};
use crate::store::Removed;

impl Gallery {
    /// Removes a photo: its record and its embeddings. They are gone from the store when this returns, and from every
    /// later snapshot.
    ///
    /// # Errors
    /// When it is not enrolled, or the store fails.
    pub fn remove_photo(&self, id: &PhotoId) -> Result<Removed, GalleryError> {
        self.remove(|photo| photo == id, |_| false, id)
    }

    /// Removes a person: their photos, as [`Self::remove_photo`] does, and the listed pairs that name them.
    ///
    /// # Errors
    /// When nothing of them is here, or the store fails.
    pub fn remove_person(&self, person: MemberId) -> Result<Removed, GalleryError> {
        self.remove(|photo| photo.member() == person, |named| named == person, person)
    }

    /// Removes a family: its people, as [`Self::remove_person`] does.
    ///
    /// # Errors
    /// When nothing of it is here, or the store fails.
    pub fn remove_family(&self, family: FamilyId) -> Result<Removed, GalleryError> {
        self.remove(
            |photo| photo.member().family() == family,
            |named| named.family() == family,
            family,
        )
    }

    fn remove(
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
        let removed = self.store.remove(&photos, &pairs)?;
        self.update(|snapshot| {
            let snapshot = snapshot.without(photos.iter());
            Ok(if pairs.is_empty() { snapshot } else { snapshot.with_kin(kin(&self.store)?) })
        })?;
        Ok(removed)
    }
}

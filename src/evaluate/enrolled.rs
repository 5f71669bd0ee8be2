//! People of a gallery and their photos.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Embedding, PersonId, PhotoId};
use crate::gallery::{Filter, Gallery, GalleryError, GalleryView, NearestQuery, PageRequest};

/// People of a gallery, each with their photos.
pub(super) struct EnrolledPeople<'a> {
    gallery: &'a dyn Gallery,
    view: &'a dyn GalleryView,
    photos: BTreeMap<PersonId, Vec<PhotoId>>,
    /// The listed kin of each person.
    relatives: BTreeMap<PersonId, BTreeSet<PersonId>>,
}

impl<'a> EnrolledPeople<'a> {
    /// Lists the people of a gallery's view.
    ///
    /// # Errors
    /// [`GalleryError`] if the store fails.
    pub(super) fn new(
        gallery: &'a dyn Gallery,
        view: &'a dyn GalleryView,
    ) -> Result<Self, GalleryError> {
        let mut photos: BTreeMap<PersonId, Vec<PhotoId>> = BTreeMap::new();
        for photo in view.photos(None, &PageRequest::all())? {
            photos.entry(photo.id.member()).or_default().push(photo.id.clone());
        }
        let mut relatives: BTreeMap<PersonId, BTreeSet<PersonId>> = BTreeMap::new();
        for pair in view.relationships(None, &PageRequest::all())? {
            let [first, second] = pair.people();
            relatives.entry(first).or_default().insert(second);
            relatives.entry(second).or_default().insert(first);
        }
        Ok(Self { gallery, view, photos, relatives })
    }

    /// Returns the people, in the order of their identities.
    pub(super) fn ids(&self) -> impl Iterator<Item = PersonId> {
        self.photos.keys().copied()
    }

    /// Returns the photos of a person, in the order of their names.
    pub(super) fn photos_of(&self, person: PersonId) -> &[PhotoId] {
        self.photos.get(&person).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the embeddings of photos, one per backbone for each photo.
    ///
    /// Photos that were deleted in the meantime are skipped.
    ///
    /// # Errors
    /// [`GalleryError`] if the store fails or is damaged.
    pub(super) fn embeddings(
        &self,
        photos: &[PhotoId],
    ) -> Result<Vec<Vec<Embedding>>, GalleryError> {
        photos.iter().filter_map(|id| self.gallery.embeddings(id).transpose()).collect()
    }

    /// Returns the person of the photo nearest to an embedding.
    ///
    /// Only photos that `filter` admits count.
    ///
    /// Returns `None` if `filter` admits no photo.
    ///
    /// # Errors
    /// [`GalleryError`] if the store fails.
    pub(super) fn nearest(
        &self,
        probe: &Embedding,
        filter: Filter,
    ) -> Result<Option<PersonId>, GalleryError> {
        let query = NearestQuery { filter, ..NearestQuery::new(1) };
        let nearest = self.view.nearest(std::slice::from_ref(probe), &query)?;
        let neighbor = nearest.first().and_then(|nearest| nearest.neighbors.first());
        Ok(neighbor.map(|neighbor| neighbor.photo.id.member()))
    }

    /// Returns the enrolled people among a person's listed kin.
    pub(super) fn kin_of(&self, person: PersonId) -> BTreeSet<PersonId> {
        let relatives = self.relatives.get(&person).into_iter().flatten().copied();
        relatives.filter(|relative| self.photos.contains_key(relative)).collect()
    }

    /// Returns the other people of a person's family.
    pub(super) fn family_of(&self, person: PersonId) -> BTreeSet<PersonId> {
        let people = self.photos_of_family(person).map(|(other, _)| *other);
        people.filter(|other| *other != person).collect()
    }

    /// Returns the people that `is_probe` selects and that have listed kin in the gallery.
    pub(super) fn with_kin(&self, is_probe: &dyn Fn(PersonId) -> bool) -> Vec<PersonId> {
        let people = self.ids().filter(|&person| is_probe(person));
        people.filter(|&person| !self.kin_of(person).is_empty()).collect()
    }

    /// Returns these photos of one person, and the family's photos cut from the same photographs.
    pub(super) fn of_same_sources(&self, photos: &[PhotoId]) -> BTreeSet<PhotoId> {
        let Some(first) = photos.first() else { return BTreeSet::new() };
        let sources: BTreeSet<&str> = photos.iter().map(PhotoId::source_photo).collect();
        let of_family = self.photos_of_family(first.member()).flat_map(|(_, photos)| photos);
        of_family.filter(|photo| sources.contains(photo.source_photo())).cloned().collect()
    }

    /// Returns a person's family, including the person.
    fn photos_of_family(
        &self,
        person: PersonId,
    ) -> impl Iterator<Item = (&PersonId, &Vec<PhotoId>)> {
        let family = person.family();
        let [first, last] = [0, u32::MAX].map(|number| PersonId::new(family, number));
        self.photos.range(first..=last)
    }
}

//! Filters: the photos that a search considers.

use std::collections::BTreeSet;

use super::photo::StoredPhoto;
use crate::domain::{ContentHash, EntityId, FamilyId, PersonId, PhotoId};

/// A set of photos, by family, person, photo or file. A photo selected twice counts once.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// All photos of these families.
    pub families: BTreeSet<FamilyId>,
    /// All photos of these people.
    pub people: BTreeSet<PersonId>,
    /// These photos.
    pub photos: BTreeSet<PhotoId>,
    /// Photos added from these files.
    pub files: Vec<ContentHash>,
}

/// Selects the photos that a search considers.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Includes only these. `None` includes all photos.
    pub only: Option<Selection>,
    /// Excludes these.
    pub without: Selection,
}

impl Selection {
    /// Selects the photos added from these files.
    pub fn from_files(files: Vec<ContentHash>) -> Self {
        Self { files, ..Self::default() }
    }

    /// Selects these families, people and photos.
    pub fn from_entities(entities: &[EntityId]) -> Self {
        let mut selection = Self::default();
        for entity in entities {
            match entity {
                EntityId::Family(family) => drop(selection.families.insert(*family)),
                EntityId::Person(person) => drop(selection.people.insert(*person)),
                EntityId::Photo(photo) => drop(selection.photos.insert(photo.clone())),
            }
        }
        selection
    }

    /// Returns whether it contains a photo.
    pub fn contains(&self, photo: &StoredPhoto) -> bool {
        let StoredPhoto { id, content_hash, .. } = photo;
        let person = id.member();
        self.families.contains(&person.family())
            || self.people.contains(&person)
            || self.photos.contains(id)
            || self.files.contains(content_hash)
    }
}

impl Filter {
    /// Selects all photos except these.
    pub fn without(without: Selection) -> Self {
        Self { only: None, without }
    }

    /// Returns whether a photo passes the filter.
    pub fn admits(&self, photo: &StoredPhoto) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(photo)) && !self.without.contains(photo)
    }
}

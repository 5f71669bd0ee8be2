//! Which photos of a gallery count in a search.

use std::collections::BTreeSet;

use super::neighbour::StoredPhoto;
use crate::domain::{ContentHash, FamilyId, MemberId, PhotoId, Who};

/// Photos, by whatever names them. Nothing that is named more than once counts twice.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// All photos of these families.
    pub families: BTreeSet<FamilyId>,
    /// All photos of these people.
    pub people: BTreeSet<MemberId>,
    /// These photos.
    pub photos: BTreeSet<PhotoId>,
    /// The photos that were enrolled from these files.
    pub files: Vec<ContentHash>,
}

/// Which photos count.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only these; all where there is none.
    pub only: Option<Selection>,
    /// But not these.
    pub without: Selection,
}

impl Selection {
    /// The photos that were enrolled from these files.
    pub fn of_files(files: Vec<ContentHash>) -> Self {
        Self { files, ..Self::default() }
    }

    /// All of these.
    pub fn of(named: &[Who]) -> Self {
        let mut selection = Self::default();
        for who in named {
            match who {
                Who::Family(family) => drop(selection.families.insert(*family)),
                Who::Person(person) => drop(selection.people.insert(*person)),
                Who::Photo(photo) => drop(selection.photos.insert(photo.clone())),
            }
        }
        selection
    }

    /// Whether it names a photo.
    pub fn has(&self, StoredPhoto { id, content_hash }: &StoredPhoto) -> bool {
        let person = id.member();
        self.families.contains(&person.family())
            || self.people.contains(&person)
            || self.photos.contains(id)
            || self.files.contains(content_hash)
    }
}

impl Filter {
    /// All photos but these.
    pub fn without(without: Selection) -> Self {
        Self { only: None, without }
    }

    /// Whether a photo counts.
    pub fn counts(&self, photo: &StoredPhoto) -> bool {
        self.only.as_ref().is_none_or(|only| only.has(photo)) && !self.without.has(photo)
    }
}

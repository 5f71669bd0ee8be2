//! Families of the photos of a source.

use std::collections::HashMap;

use super::EvaluateError;
use crate::dataset::{Pedigree, Source, family_photos};
use crate::domain::{FamilyId, PhotoId, Relationship};
use crate::photo::EXTENSIONS;

/// Family indices by the paths of photos, in order of first occurrence.
#[derive(Default)]
pub(super) struct FamilyIndex(HashMap<String, usize>);

impl FamilyIndex {
    /// Returns the index of the family in a path.
    ///
    /// The folder counts as a family if no part of the path is one, because its photos belong
    /// together.
    pub(super) fn index(&mut self, path: &str) -> usize {
        let family = path.split('/').find(|part| part.parse::<FamilyId>().is_ok());
        let name = match family {
            Some(family) => family,
            None => path.rsplit_once('/').map_or(path, |(folder, _)| folder),
        };
        let next = self.0.len();
        *self.0.entry(name.to_owned()).or_insert(next)
    }
}

/// The photos of a folder of families.
pub(super) struct SourcePedigree {
    pub(super) pedigree: Pedigree,
    /// Paths of the pedigree's photos, in their order.
    pub(super) paths: Vec<String>,
}

impl SourcePedigree {
    pub(super) fn read(
        source: &Source,
        relationships: &[Relationship],
    ) -> Result<Self, EvaluateError> {
        let photos = family_photos(source, &source.list(&EXTENSIONS)?)?.photos;
        let (ids, paths): (Vec<PhotoId>, Vec<String>) = photos.into_iter().unzip();
        Ok(Self { pedigree: Pedigree::new(ids, relationships), paths })
    }
}

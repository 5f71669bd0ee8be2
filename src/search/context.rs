//! A gallery with the models that search it.

use std::sync::Arc;

use super::score::Scorer;
use super::{ReferenceCache, SearchError};
use crate::gallery::{Filter, GalleryView, Selection};
use crate::kinship::Ensemble;

/// A gallery view and the models that search it.
#[derive(Clone)]
pub struct SearchContext<'a> {
    pub(super) view: &'a dyn GalleryView,
    pub(super) scorer: Scorer<'a>,
}

impl<'a> SearchContext<'a> {
    /// Creates a context. Statistics of the gallery are taken from `cache` if present.
    ///
    /// # Errors
    /// - [`SearchError::Gallery`] if the gallery fails.
    /// - [`SearchError::Kinship`] if the gallery's embeddings do not match the ensemble's
    ///   backbones.
    pub fn new(
        view: &'a Arc<dyn GalleryView>,
        ensemble: Option<&'a Ensemble>,
        cache: &ReferenceCache,
    ) -> Result<Self, SearchError> {
        let scorer = Scorer::new(view, ensemble, cache)?;
        Ok(Self { view: &**view, scorer })
    }

    /// Returns the number of people with an included photo.
    pub(super) fn people_count(&self, filter: &Filter) -> Result<usize, SearchError> {
        match (&self.scorer, filter) {
            // Most searches exclude only some files and known people.
            (
                Scorer::OpenSet(_, gallery),
                Filter { only: None, without: Selection { families, people, photos, .. } },
            ) if families.is_empty() && photos.is_empty() => {
                Ok(gallery.people.saturating_sub(people.len()))
            }
            _ => Ok(self.view.people(filter)?.len()),
        }
    }
}

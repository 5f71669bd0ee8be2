//! A gallery with the models that search it.

use std::sync::Arc;

use super::score::Scorer;
use super::{ReferenceCache, SearchError};
use crate::gallery::{Filter, Selection, Snapshot};
use crate::kinship::Ensemble;

/// A gallery snapshot and the models that search it.
#[derive(Clone)]
pub struct SearchContext<'a> {
    pub(super) snapshot: &'a Arc<Snapshot>,
    pub(super) scorer: Scorer<'a>,
}

impl<'a> SearchContext<'a> {
    /// Creates a context. Statistics of the gallery are taken from `cache` if present.
    ///
    /// # Errors
    /// [`SearchError::Kinship`] if the gallery's embeddings do not match the ensemble's backbones.
    pub fn new(
        snapshot: &'a Arc<Snapshot>,
        ensemble: Option<&'a Ensemble>,
        cache: &ReferenceCache,
    ) -> Result<Self, SearchError> {
        Ok(Self { snapshot, scorer: Scorer::new(snapshot, ensemble, cache)? })
    }

    /// Returns the number of people with an included photo.
    pub(super) fn people_count(&self, filter: &Filter) -> usize {
        match (&self.scorer, filter) {
            // Most searches exclude only some files and known people.
            (
                Scorer::OpenSet(_, gallery),
                Filter { only: None, without: Selection { families, people, photos, .. } },
            ) if families.is_empty() && photos.is_empty() => {
                gallery.people.saturating_sub(people.len())
            }
            _ => self.snapshot.people_count(filter),
        }
    }
}

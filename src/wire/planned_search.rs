//! A checked search request.

use std::collections::BTreeSet;

use super::request_error::RequestError;
use super::search_target::SearchTarget;
use crate::domain::{EntityId, PersonId};
use crate::gallery::GalleryView;
use crate::search::{Options, ProbePhotos, Query};

/// A checked request: its target, its options and the people known to be in the photos.
#[derive(Clone, Debug)]
pub struct PlannedSearch {
    /// Target of the search.
    pub target: SearchTarget,
    /// Limits, filter and prior.
    pub options: Options,
    /// Enrolled people in the photos.
    pub known_as: BTreeSet<PersonId>,
    /// Families, people and photos that the request names as searched.
    pub(super) included: Vec<EntityId>,
}

impl PlannedSearch {
    /// Checks that the named families, people and photos are in the gallery.
    ///
    /// A misspelled name would leave no one to search.
    ///
    /// # Errors
    /// - [`RequestError::NotEnrolled`] if one is not.
    /// - [`RequestError::Gallery`] if the gallery fails.
    pub fn check_enrolled(&self, view: &dyn GalleryView) -> Result<(), RequestError> {
        let known = self.known_as.iter().map(|&person| EntityId::Person(person));
        for entity in self.included.iter().cloned().chain(known) {
            if !view.contains(&entity)? {
                return Err(RequestError::NotEnrolled(entity));
            }
        }
        Ok(())
    }

    /// Leaves the files of the probe's photos out of the search.
    pub fn exclude_files(&mut self, probe: &ProbePhotos, other_parent: &ProbePhotos) {
        self.options.filter.without.files = [probe.files.as_slice(), &other_parent.files].concat();
    }

    /// Returns the query for the photos of the probe, and of the other parent if the target needs
    /// one.
    ///
    /// # Errors
    /// [`RequestError::Gallery`] if the gallery fails.
    pub fn query<'a>(
        &self,
        view: &dyn GalleryView,
        probe: &'a ProbePhotos,
        other_parent: &'a ProbePhotos,
    ) -> Result<Query<'a>, RequestError> {
        let probe = probe.probe(view, self.known_as.clone())?;
        Ok(match self.target {
            SearchTarget::Relatives => Query::Relatives(probe),
            SearchTarget::SamePerson => Query::SamePerson(probe),
            SearchTarget::Children => {
                Query::Children([probe, other_parent.probe(view, BTreeSet::new())?])
            }
            SearchTarget::Parents => Query::Parents(probe),
        })
    }
}

//! Photos of the gallery that a search scores.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Options, PersonMatch, PhotoMatch, SearchError};
use crate::domain::{Embedding, EntityId, PersonId, PhotoId};
use crate::gallery::{Filter, GalleryView, Method, NearestQuery, Neighbor};

/// Finder of photos near a probe.
pub(super) struct CandidateFinder<'a> {
    pub(super) view: &'a dyn GalleryView,
    pub(super) options: &'a Options,
    /// Filter of photos that may be of relatives. It excludes those of known people.
    pub(super) filter: Filter,
    /// Mean direction of the photos of each probe.
    pub(super) means: Vec<Embedding>,
}

/// People of the nearest photos, each by the nearest one.
pub(super) struct Candidates {
    pub(super) photos: Vec<Neighbor>,
    pub(super) method: Method,
}

impl CandidateFinder<'_> {
    /// Returns the people of the `count` photos nearest to one of the probes.
    pub(super) fn nearest(&self, count: usize) -> Result<Candidates, SearchError> {
        let Options { ef, exact, .. } = *self.options;
        let query = NearestQuery { count, ef, exact, filter: self.filter.clone() };
        let mut photos = Vec::new();
        let mut method = Method::Exact;
        for nearest in self.view.nearest(&self.means, &query)? {
            method = nearest.method;
            photos.extend(nearest.neighbors);
        }
        photos.sort_by(|a, b| {
            b.cosine.total_cmp(&a.cosine).then_with(|| a.photo.id.cmp(&b.photo.id))
        });
        let mut seen = HashSet::new();
        photos.retain(|photo| seen.insert(photo.photo.id.member()));
        Ok(Candidates { photos, method })
    }

    /// Returns the included photos of `people`, without those that are `scored` already.
    pub(super) fn other_photos(
        &self,
        people: &BTreeSet<PersonId>,
        scored: &[Neighbor],
    ) -> Result<Vec<Neighbor>, SearchError> {
        let scored: HashSet<&PhotoId> = scored.iter().map(|photo| &photo.photo.id).collect();
        let mut found = BTreeMap::<PhotoId, Neighbor>::new();
        for mean in &self.means {
            for &person in people {
                for photo in self.view.compare(&EntityId::Person(person), mean)? {
                    if !self.filter.admits(&photo.photo) || scored.contains(&photo.photo.id) {
                        continue;
                    }
                    let cosine = photo.cosine;
                    let known = found.entry(photo.photo.id.clone()).or_insert(photo);
                    known.cosine = known.cosine.max(cosine);
                }
            }
        }
        Ok(found.into_values().collect())
    }

    /// Returns a person known to be in the probe, with the other photos.
    ///
    /// Returns `None` if there is no other photo.
    pub(super) fn known_person(
        &self,
        person: PersonId,
    ) -> Result<Option<PersonMatch>, SearchError> {
        let mut photos = Vec::new();
        for mean in &self.means {
            for photo in self.view.compare(&EntityId::Person(person), mean)? {
                if self.options.filter.admits(&photo.photo) {
                    photos.push(PhotoMatch {
                        photo: photo.photo.id.clone(),
                        cosine: photo.cosine,
                        log_likelihood_ratio: None,
                    });
                }
            }
        }
        photos.sort_by(|a, b| b.cosine.total_cmp(&a.cosine));
        let mut seen = HashSet::new();
        photos.retain(|photo| seen.insert(photo.photo.clone()));
        let Some(nearest) = photos.first() else { return Ok(None) };
        let cosine = nearest.cosine;
        Ok(Some(PersonMatch {
            person,
            score: cosine.into(),
            cosine,
            kinship: None,
            photos,
            listed_kin: Vec::new(),
        }))
    }
}

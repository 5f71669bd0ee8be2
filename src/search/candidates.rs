//! Photos of the gallery that a search scores.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Options, PersonMatch, PhotoMatch};
use crate::domain::{Embedding, PersonId, PhotoId};
use crate::gallery::{Filter, Lookup, Method, Neighbor, Snapshot};

/// Finder of photos near a probe.
pub(super) struct CandidateFinder<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) options: &'a Options,
    /// Filter of photos that may be of relatives. It excludes those of known people.
    pub(super) filter: Filter,
    /// Mean direction of the photos of each probe.
    pub(super) means: Vec<Embedding>,
}

/// People of the nearest photos, each by the nearest one.
pub(super) struct Candidates<'a> {
    pub(super) photos: Vec<Neighbor<'a>>,
    pub(super) method: Method,
}

impl<'a> CandidateFinder<'a> {
    /// Returns the people of the `count` photos nearest to one of the probes.
    pub(super) fn nearest(&self, count: usize) -> Candidates<'a> {
        let Options { ef, exact, .. } = *self.options;
        let lookup = Lookup { count, ef, exact, filter: self.filter.clone() };
        let mut photos = Vec::new();
        let mut method = Method::Exact;
        for nearest in self.snapshot.nearest_each(&self.means, &lookup) {
            method = nearest.method;
            photos.extend(nearest.neighbors);
        }
        photos.sort_by(|a, b| {
            b.cosine.total_cmp(&a.cosine).then_with(|| a.photo.id.cmp(&b.photo.id))
        });
        let mut seen = HashSet::new();
        photos.retain(|photo| seen.insert(photo.photo.id.member()));
        Candidates { photos, method }
    }

    /// Returns the included photos of `people`, without those that are `scored` already.
    pub(super) fn other_photos(
        &self,
        people: &BTreeSet<PersonId>,
        scored: &[Neighbor<'_>],
    ) -> Vec<Neighbor<'a>> {
        let scored: HashSet<&PhotoId> = scored.iter().map(|photo| &photo.photo.id).collect();
        let mut found = BTreeMap::<&PhotoId, Neighbor<'a>>::new();
        for mean in &self.means {
            for photo in people.iter().flat_map(|&person| self.snapshot.photos_of(person, mean)) {
                if !self.filter.counts(photo.photo) || scored.contains(&photo.photo.id) {
                    continue;
                }
                let known = found.entry(&photo.photo.id).or_insert(photo);
                known.cosine = known.cosine.max(photo.cosine);
            }
        }
        found.into_values().collect()
    }

    /// Returns a person known to be in the probe, with the other photos.
    ///
    /// Returns `None` if there is no other photo.
    pub(super) fn known_person(&self, person: PersonId) -> Option<PersonMatch> {
        let mut photos = Vec::new();
        for mean in &self.means {
            for photo in self.snapshot.photos_of(person, mean) {
                if self.options.filter.counts(photo.photo) {
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
        let cosine = photos.first()?.cosine;
        Some(PersonMatch {
            person,
            score: cosine.into(),
            cosine,
            kinship: None,
            photos,
            listed_kin: Vec::new(),
        })
    }
}

//! Probes of an identification test, and the galleries to search for them.

use std::collections::BTreeSet;

use super::EvaluateError;
use super::enrolled::EnrolledPeople;
use super::identification_searches::{KinStatus, RankedPerson};
use crate::domain::{Embedding, PersonId, PhotoId};
use crate::gallery::{Filter, Selection};
use crate::search::{Options, Probe, Query, SearchContext, rank};

/// Number of nearest photos that are scored for each probe.
const CANDIDATES: usize = 200;

/// Number of people in a gallery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GallerySize {
    /// This number of people, drawn at random.
    Drawn(usize),
    /// All enrolled people.
    All,
}

/// Person to search for.
pub(super) struct IdentificationProbe {
    person: PersonId,
    /// One embedding per backbone, for each photo.
    photos: Vec<Vec<Embedding>>,
    /// The probe's photos, and photos of the family cut from the same photographs.
    left_out: BTreeSet<PhotoId>,
    /// Listed kin with a photo that counts.
    relatives: BTreeSet<PersonId>,
    /// Listed kin, and the family's other people, with a photo that counts.
    possible_kin: BTreeSet<PersonId>,
}

impl GallerySize {
    /// Returns the sizes smaller than `people` in increasing order, and then all people.
    pub(super) fn sizes(sizes: &[usize], people: usize) -> Vec<Self> {
        let smaller: BTreeSet<usize> =
            sizes.iter().copied().filter(|&size| size < people).collect();
        smaller.into_iter().map(Self::Drawn).chain([Self::All]).collect()
    }

    /// Returns the number of people, if `all` are enrolled.
    pub(super) fn people(self, all: usize) -> usize {
        match self {
            Self::Drawn(count) => count,
            Self::All => all,
        }
    }
}

impl IdentificationProbe {
    /// Creates a probe from some photos of a person.
    pub(super) fn new(
        enrolled: &EnrolledPeople<'_>,
        photos: &[PhotoId],
        person: PersonId,
    ) -> Result<Self, EvaluateError> {
        let left_out = enrolled.of_same_sources(photos);
        let mut relatives = enrolled.kin_of(person);
        relatives.retain(|&kin| has_photo(enrolled, kin, &left_out));
        let mut possible_kin = enrolled.family_of(person);
        possible_kin.retain(|&kin| has_photo(enrolled, kin, &left_out));
        possible_kin.extend(&relatives);
        let photos = enrolled.embeddings(photos)?;
        Ok(Self { person, photos, left_out, relatives, possible_kin })
    }

    pub(super) fn person(&self) -> PersonId {
        self.person
    }

    /// Returns whether there is a photo to search by.
    pub(super) fn has_photos(&self) -> bool {
        !self.photos.is_empty()
    }

    /// Returns whether a person is of another family and not listed as kin.
    fn is_stranger(&self, person: PersonId) -> bool {
        person.family() != self.person.family() && !self.possible_kin.contains(&person)
    }

    pub(super) fn status_of(&self, person: PersonId) -> KinStatus {
        if self.relatives.contains(&person) {
            KinStatus::Listed
        } else if self.possible_kin.contains(&person) {
            KinStatus::Possible
        } else {
            KinStatus::Stranger
        }
    }

    /// Returns the first `count` strangers of `people`.
    fn strangers(&self, people: &[PersonId], count: usize) -> impl Iterator<Item = PersonId> {
        people.iter().copied().filter(|&person| self.is_stranger(person)).take(count)
    }

    /// Returns the gallery with possible kin, which replace as many strangers.
    ///
    /// Returns `None` without listed kin.
    pub(super) fn mated(&self, people: &[PersonId], size: GallerySize) -> Option<Filter> {
        if self.relatives.is_empty() {
            return None;
        }
        let only = match size {
            GallerySize::All => None,
            GallerySize::Drawn(count) => {
                let strangers = count.saturating_sub(self.possible_kin.len());
                let people = self.strangers(people, strangers).chain(self.possible_kin.clone());
                Some(Selection { people: people.collect(), ..Selection::default() })
            }
        };
        let without = Selection {
            people: BTreeSet::from([self.person]),
            photos: self.left_out.clone(),
            ..Selection::default()
        };
        Some(Filter { only, without })
    }

    /// Returns the gallery of strangers alone.
    ///
    /// Returns `None` without strangers.
    pub(super) fn non_mated(&self, people: &[PersonId], size: GallerySize) -> Option<Filter> {
        if !people.iter().any(|&person| self.is_stranger(person)) {
            return None;
        }
        let only = match size {
            GallerySize::All => None,
            GallerySize::Drawn(count) => {
                let people = self.strangers(people, count).collect();
                Some(Selection { people, ..Selection::default() })
            }
        };
        let without = Selection {
            families: BTreeSet::from([self.person.family()]),
            people: self.possible_kin.iter().copied().chain([self.person]).collect(),
            ..Selection::default()
        };
        Some(Filter { only, without })
    }

    /// Returns the people that a search finds, in descending order of score.
    ///
    /// Matches for the same person are ranked with all others, because the own person is not in the
    /// gallery.
    pub(super) fn search(
        &self,
        context: &SearchContext<'_>,
        filter: Filter,
    ) -> Result<Vec<RankedPerson>, EvaluateError> {
        // Known people do not count in the probe's cohort statistics: they would not be enrolled.
        let known = filter.without.people.clone();
        let options = Options { exact: true, candidates: CANDIDATES, filter, ..Options::default() };
        let query = Query::Relatives(Probe { photos: &self.photos, known });
        let answer = rank(context, &query, &options)?;
        let found = answer.people.iter().chain(&answer.same_person);
        let mut ranked: Vec<RankedPerson> = found.map(RankedPerson::from).collect();
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(ranked)
    }
}

/// Returns whether a person has a photo that is not left out.
fn has_photo(
    enrolled: &EnrolledPeople<'_>,
    person: PersonId,
    left_out: &BTreeSet<PhotoId>,
) -> bool {
    enrolled.photos_of(person).iter().any(|photo| !left_out.contains(photo))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(id: &str) -> PersonId {
        id.parse().unwrap()
    }

    fn probe() -> IdentificationProbe {
        let relatives = BTreeSet::from([person("F0001/MID2")]);
        let possible_kin = BTreeSet::from([person("F0001/MID2"), person("F0001/MID3")]);
        IdentificationProbe {
            person: person("F0001/MID1"),
            photos: Vec::new(),
            left_out: BTreeSet::new(),
            relatives,
            possible_kin,
        }
    }

    #[test]
    fn galleries_hold_their_size_and_never_the_probe() {
        let mut people: Vec<PersonId> = (1..=3).map(|i| person(&format!("F0001/MID{i}"))).collect();
        people.extend((2..=9).map(|i| person(&format!("F000{i}/MID1"))));
        let probe = probe();
        let mated = probe.mated(&people, GallerySize::Drawn(5)).unwrap().only.unwrap().people;
        assert_eq!(mated.len(), 5);
        assert!(probe.possible_kin.is_subset(&mated) && !mated.contains(&probe.person));
        let non_mated =
            probe.non_mated(&people, GallerySize::Drawn(5)).unwrap().only.unwrap().people;
        assert_eq!(non_mated.len(), 5);
        assert!(non_mated.iter().all(|&person| probe.status_of(person) == KinStatus::Stranger));
    }

    #[test]
    fn only_smaller_galleries_are_drawn() {
        let sizes = GallerySize::sizes(&[1000, 300, 300], 1000);
        assert_eq!(sizes, [GallerySize::Drawn(300), GallerySize::All]);
    }
}

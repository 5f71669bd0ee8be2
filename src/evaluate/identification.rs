//! Open-set identification: false positives and misses of searches.
//!
//! ServiceConfig as in ISO/IEC 19795-1. A mated search has listed kin of the probe in the gallery. A
//! non-mated search has none. The false positive identification rate (FPIR) is the share of
//! non-mated searches with a marked person. The false negative identification rate (FNIR) is the
//! share of mated searches without a marked relative.

use std::collections::BTreeSet;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::EvaluateError;
use super::enrolled::EnrolledPeople;
use super::families::ProbeFamilies;
use super::identification_errors::{GallerySizeFigures, KinStatus, RankedPerson, Searches};
use crate::domain::{Embedding, PersonId, PhotoId, Progress};
use crate::gallery::{Filter, Gallery, Selection};
use crate::kinship::Ensemble;
use crate::search::{Options, Probe, Query, ReferenceCache, SearchContext, rank};

/// Number of nearest photos that are scored for each probe.
const CANDIDATES: usize = 200;

/// Accuracy of kinship decisions in searches, for galleries of several sizes.
#[derive(Clone, Debug, Serialize)]
pub struct IdentificationReport {
    /// Number of probes.
    pub probes: usize,
    /// Maximum number of photos of each probe. People with fewer photos have all of theirs.
    pub photos_per_probe: usize,
    /// False positive identification rate that decisions should not exceed, 0 to 1.
    pub nominal_fpir: f64,
    /// Metrics of each gallery size, the largest gallery last.
    pub galleries: Vec<GallerySizeFigures>,
}

/// Probes and galleries of an identification test.
pub struct IdentificationOptions<'a> {
    /// Gallery sizes in people. Sizes not smaller than the gallery are skipped.
    ///
    /// All people are always searched, too.
    pub sizes: Vec<usize>,
    /// Maximum number of probes.
    pub max_probes: usize,
    /// Maximum number of photos of each probe, at least 1.
    pub photos_per_probe: usize,
    /// Seed of the probes, of the galleries and of the intervals.
    pub seed: u64,
    /// Selects the people that may be probes. All people stay in the gallery.
    pub is_probe: &'a dyn Fn(PersonId) -> bool,
}

/// The people of a gallery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GallerySize {
    /// This number of people, drawn at random.
    Drawn(usize),
    /// All enrolled people.
    All,
}

/// Prepared identification test.
struct IdentificationTest<'a> {
    context: SearchContext<'a>,
    probes: Vec<ProbePerson>,
    families: ProbeFamilies,
    /// All people in a random order. The first ones form the smaller galleries, so that galleries
    /// are nested.
    people: Vec<PersonId>,
}

/// Person to search for.
struct ProbePerson {
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

/// Searches for people with listed kin, with and without their families in the gallery.
///
/// A mated search has the probe's family in the gallery, instead of as many drawn people. A
/// non-mated search has the same number of people. None of them is of the family or listed as kin.
/// Neither gallery includes the probe's own person.
///
/// Returns `None` if the job was cancelled.
///
/// # Errors
/// [`EvaluateError::NoEnsemble`] or [`EvaluateError::NoOpenSetModel`] if the bundle cannot mark
/// people.
/// [`EvaluateError::NoKin`] if no probe has listed kin.
/// Other variants if the gallery or the ensemble fails.
pub fn identify(
    gallery: &dyn Gallery,
    ensemble: Option<&Ensemble>,
    options: &IdentificationOptions<'_>,
    progress: &dyn Progress,
) -> Result<Option<IdentificationReport>, EvaluateError> {
    let ensemble = ensemble.ok_or(EvaluateError::NoEnsemble)?;
    ensemble.open_set().ok_or(EvaluateError::NoOpenSetModel)?;
    let view = gallery.view()?;
    let enrolled = EnrolledPeople::new(gallery, &*view)?;
    let mut random = ChaCha8Rng::seed_from_u64(options.seed);
    let mut people: Vec<PersonId> = enrolled.ids().collect();
    people.shuffle(&mut random);
    let probes = draw_probes(&enrolled, options, &mut random)?;
    if probes.is_empty() {
        return Err(EvaluateError::NoKin);
    }
    let test = IdentificationTest {
        context: SearchContext::new(&view, Some(ensemble), &ReferenceCache::default())?,
        families: ProbeFamilies::new(probes.iter().map(|probe| probe.person)),
        probes,
        people,
    };
    let sizes = gallery_sizes(&options.sizes, test.people.len());
    progress.begin("Searching", (sizes.len() * test.probes.len()) as u64, "probes");
    let mut galleries = Vec::with_capacity(sizes.len());
    for size in sizes {
        let Some(searches) = test.run(size, progress)? else { return Ok(None) };
        let people = match size {
            GallerySize::Drawn(count) => count,
            GallerySize::All => test.people.len(),
        };
        galleries.push(GallerySizeFigures::new(people, &searches, &test.families, options.seed));
    }
    Ok(Some(IdentificationReport {
        probes: test.probes.len(),
        photos_per_probe: options.photos_per_probe,
        nominal_fpir: Options::DEFAULT_FALSE_POSITIVE_RATE,
        galleries,
    }))
}

impl IdentificationTest<'_> {
    /// Searches for every probe in galleries of one size.
    ///
    /// Returns `None` if the job was cancelled.
    fn run(
        &self,
        size: GallerySize,
        progress: &dyn Progress,
    ) -> Result<Option<Searches>, EvaluateError> {
        let mut searches = Searches::default();
        for probe in &self.probes {
            if progress.cancelled() {
                return Ok(None);
            }
            let family = self.families.index(probe.person);
            if let Some(filter) = probe.mated(&self.people, size) {
                let ranked = probe.search(&self.context, filter)?;
                searches.add_mated(family, &ranked, |person| probe.status_of(person));
            }
            if let Some(filter) = probe.non_mated(&self.people, size) {
                searches.add_non_mated(family, &probe.search(&self.context, filter)?);
            }
            progress.advance(1);
        }
        Ok(Some(searches))
    }
}

/// Returns the sizes smaller than `people` in increasing order, and then all people.
fn gallery_sizes(sizes: &[usize], people: usize) -> Vec<GallerySize> {
    let smaller: BTreeSet<usize> = sizes.iter().copied().filter(|&size| size < people).collect();
    smaller.into_iter().map(GallerySize::Drawn).chain([GallerySize::All]).collect()
}

/// Draws at most [`IdentificationOptions::max_probes`] people with listed kin.
///
/// They are in the order of their identities.
fn draw_probes(
    enrolled: &EnrolledPeople<'_>,
    options: &IdentificationOptions<'_>,
    random: &mut ChaCha8Rng,
) -> Result<Vec<ProbePerson>, EvaluateError> {
    let mut people = enrolled.with_kin(options.is_probe);
    people.shuffle(random);
    people.truncate(options.max_probes);
    people.sort_unstable();
    let mut probes = Vec::with_capacity(people.len());
    for person in people {
        let mut photos = enrolled.photos_of(person).to_vec();
        photos.shuffle(random);
        photos.truncate(options.photos_per_probe);
        probes.push(ProbePerson::new(enrolled, &photos, person)?);
    }
    // A photo can be deleted while the gallery is evaluated.
    probes.retain(|probe| !probe.photos.is_empty());
    Ok(probes)
}

impl ProbePerson {
    fn new(
        enrolled: &EnrolledPeople<'_>,
        photos: &[PhotoId],
        person: PersonId,
    ) -> Result<Self, EvaluateError> {
        let left_out = enrolled.of_same_sources(photos);
        let has_photo = |person: &PersonId| {
            enrolled.photos_of(*person).iter().any(|photo| !left_out.contains(photo))
        };
        let mut relatives = enrolled.kin_of(person);
        relatives.retain(has_photo);
        let mut possible_kin = enrolled.family_of(person);
        possible_kin.retain(has_photo);
        possible_kin.extend(&relatives);
        let photos = enrolled.embeddings(photos)?;
        Ok(Self { person, photos, left_out, relatives, possible_kin })
    }

    /// Returns whether a person is of another family and not listed as kin.
    fn is_stranger(&self, person: PersonId) -> bool {
        person.family() != self.person.family() && !self.possible_kin.contains(&person)
    }

    fn status_of(&self, person: PersonId) -> KinStatus {
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
    fn mated(&self, people: &[PersonId], size: GallerySize) -> Option<Filter> {
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
    fn non_mated(&self, people: &[PersonId], size: GallerySize) -> Option<Filter> {
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
        let own = [self.person];
        let without = Selection {
            families: BTreeSet::from([self.person.family()]),
            people: self.possible_kin.iter().copied().chain(own).collect(),
            ..Selection::default()
        };
        Some(Filter { only, without })
    }

    /// Returns the people that a search finds, in descending order of score.
    ///
    /// Matches for the same person are ranked with all others, because the own person is not in the
    /// gallery.
    fn search(
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

#[cfg(test)]
mod tests {
    use super::*;

    fn person(id: &str) -> PersonId {
        id.parse().unwrap()
    }

    fn probe() -> ProbePerson {
        let relatives = BTreeSet::from([person("F0001/MID2")]);
        let possible_kin = BTreeSet::from([person("F0001/MID2"), person("F0001/MID3")]);
        ProbePerson {
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
        let sizes = gallery_sizes(&[1000, 300, 300], 1000);
        assert_eq!(sizes, [GallerySize::Drawn(300), GallerySize::All]);
    }
}

//! Other photos of the probe's own person: retrieval rank, and confusion with relatives.

use std::collections::BTreeSet;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::EvaluateError;
use super::enrolled::EnrolledPeople;
use super::families::ProbeFamilies;
use crate::domain::{PersonId, PhotoId, Progress};
use crate::gallery::{Filter, Selection};
use crate::metrics::{Estimate, RatioTerm};
use crate::search::{Options, PersonMatch, Probe, Query, SearchContext, rank};

/// Maximum number of people to search for by one photo.
const MAX_PROBES: usize = 300;

/// Results for other photos of the probe's own person.
///
/// The searches are by one photo of an unknown person. The confidence intervals are over families.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SamePersonMetrics {
    /// Number of searches.
    ///
    /// Each is by one photo of a person with a photo from another photograph in the gallery.
    pub probes: usize,
    /// Share of searches that list the probe's own person as another, marked as kin.
    pub own_person_listed_as_kin: Estimate,
    /// Share of searches that report the probe's own person as the same person.
    pub own_person_set_apart: Estimate,
    /// Share of searches that report another person as the same person.
    pub others_set_apart: Estimate,
}

/// Probes of [`search_same_people`], and the number of scored photos for each.
pub(super) struct SamePersonOptions<'a> {
    /// Number of nearest photos that are scored for each probe.
    pub(super) candidates: usize,
    /// Seed of the probes.
    pub(super) seed: u64,
    /// Selects the people that may be probes.
    pub(super) is_probe: &'a dyn Fn(PersonId) -> bool,
}

/// Result of one search by one photo.
pub(super) struct SamePersonSearch {
    person: PersonId,
    is_listed_as_kin: bool,
    is_set_apart: bool,
    are_others_set_apart: bool,
}

/// Returns the share of photos with the nearest photo of the same person.
///
/// It counts people with photos from several photographs. Photos cut from the same photograph do
/// not count.
///
/// Returns `None` if `is_probe` selects no such person.
///
/// # Errors
/// [`EvaluateError::Gallery`] if the gallery fails.
pub(super) fn same_person_rank_1(
    enrolled: &EnrolledPeople<'_>,
    is_probe: &dyn Fn(PersonId) -> bool,
    seed: u64,
) -> Result<Option<Estimate>, EvaluateError> {
    let people: Vec<PersonId> = enrolled.ids().filter(|&person| is_probe(person)).collect();
    let families = ProbeFamilies::new(people.iter().copied());
    let mut hits: Vec<RatioTerm> = Vec::new();
    for person in people {
        for photo in photos_with_others(enrolled, person) {
            let photos = enrolled.embeddings(std::slice::from_ref(photo))?;
            let Some(embeddings) = photos.first() else { continue };
            let found = enrolled.nearest(&embeddings[0], without_source(enrolled, photo))?;
            hits.push(RatioTerm::of_search(
                families.index(person),
                f64::from(found == Some(person)),
            ));
        }
    }
    let [share] = families.bootstrap(seed).estimates(|counts| [RatioTerm::ratio(&hits, counts)]);
    Ok(share)
}

/// Searches by one photo of each of at most 300 people.
///
/// Returns `None` if the job was cancelled.
///
/// # Errors
/// [`EvaluateError::Gallery`] if the gallery fails.
/// [`EvaluateError::Search`] if the search fails.
pub(super) fn search_same_people(
    context: &SearchContext<'_>,
    enrolled: &EnrolledPeople<'_>,
    options: &SamePersonOptions<'_>,
    progress: &dyn Progress,
) -> Result<Option<Vec<SamePersonSearch>>, EvaluateError> {
    let probes = draw_probes(enrolled, options);
    progress.begin("Searching by one photo", probes.len() as u64, "people");
    let mut searches = Vec::with_capacity(probes.len());
    for photo in probes {
        if progress.cancelled() {
            return Ok(None);
        }
        let photos = enrolled.embeddings(std::slice::from_ref(photo))?;
        // A photo can be deleted while the gallery is evaluated.
        if !photos.is_empty() {
            let probe = Probe { photos: &photos, known: BTreeSet::new() };
            let filter = without_source(enrolled, photo);
            let options = Options { candidates: options.candidates, filter, ..Options::default() };
            let answer = rank(context, &Query::Relatives(probe), &options)?;
            searches.push(SamePersonSearch::new(
                photo.member(),
                &answer.people,
                &answer.same_person,
            ));
        }
        progress.advance(1);
    }
    Ok(Some(searches))
}

/// Draws one photo of each of at most [`MAX_PROBES`] people.
///
/// Each person has a photo from another photograph.
fn draw_probes<'a>(
    enrolled: &'a EnrolledPeople<'_>,
    options: &SamePersonOptions<'_>,
) -> Vec<&'a PhotoId> {
    let mut random = ChaCha8Rng::seed_from_u64(options.seed);
    let mut people: Vec<PersonId> =
        enrolled.ids().filter(|&person| (options.is_probe)(person)).collect();
    people.shuffle(&mut random);
    let mut probes = Vec::new();
    for person in people {
        let mut photos = photos_with_others(enrolled, person);
        photos.shuffle(&mut random);
        probes.extend(photos.first().copied());
        if probes.len() == MAX_PROBES {
            break;
        }
    }
    probes
}

/// Returns the photos of a person for which another photograph of that person exists.
fn photos_with_others<'a>(enrolled: &'a EnrolledPeople<'_>, person: PersonId) -> Vec<&'a PhotoId> {
    let photos = enrolled.photos_of(person);
    photos
        .iter()
        .filter(|photo| photos.iter().any(|other| other.source_photo() != photo.source_photo()))
        .collect()
}

/// Returns a filter for all photos except those cut from the same photograph as `photo`.
fn without_source(enrolled: &EnrolledPeople<'_>, photo: &PhotoId) -> Filter {
    let photos = enrolled.of_same_sources(std::slice::from_ref(photo));
    Filter::without(Selection { photos, ..Selection::default() })
}

impl SamePersonSearch {
    fn new(person: PersonId, others: &[PersonMatch], same_person: &[PersonMatch]) -> Self {
        Self {
            person,
            is_listed_as_kin: others.iter().any(|found| found.person == person && found.is_kin()),
            is_set_apart: same_person.iter().any(|found| found.person == person),
            are_others_set_apart: same_person.iter().any(|found| found.person != person),
        }
    }
}

impl SamePersonMetrics {
    /// Computes the metrics of searches.
    ///
    /// Returns `None` if there are no searches.
    pub(super) fn new(searches: &[SamePersonSearch], seed: u64) -> Option<Self> {
        let families = ProbeFamilies::new(searches.iter().map(|search| search.person));
        let listed = ratio_terms(searches, &families, |search| search.is_listed_as_kin);
        let set_apart = ratio_terms(searches, &families, |search| search.is_set_apart);
        let others = ratio_terms(searches, &families, |search| search.are_others_set_apart);
        let [listed, set_apart, others] = families.bootstrap(seed).estimates(|counts| {
            [&listed, &set_apart, &others].map(|terms| RatioTerm::ratio(terms, counts))
        });
        Some(Self {
            probes: searches.len(),
            own_person_listed_as_kin: listed?,
            own_person_set_apart: set_apart?,
            others_set_apart: others?,
        })
    }
}

/// Returns the terms of the share of searches with `flag`.
fn ratio_terms(
    searches: &[SamePersonSearch],
    families: &ProbeFamilies,
    flag: fn(&SamePersonSearch) -> bool,
) -> Vec<RatioTerm> {
    let mut terms = Vec::with_capacity(searches.len());
    for search in searches {
        let family = families.index(search.person);
        terms.push(RatioTerm::of_search(family, f64::from(flag(search))));
    }
    terms
}

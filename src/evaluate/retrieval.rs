//! Retrieval metrics: rank of a person's relatives in the search results.

use std::collections::BTreeSet;

use serde::Serialize;

use super::EvaluateError;
use super::enrolled::EnrolledPeople;
use super::families::ProbeFamilies;
use super::rank_metrics::{ProbeMetrics, RelevantPeople, RetrievalMetrics};
use super::same_person::{
    SamePersonMetrics, SamePersonOptions, same_person_rank_1, search_same_people,
};
use crate::domain::{Embedding, PersonId, Progress};
use crate::gallery::{Filter, Gallery, Selection};
use crate::kinship::Ensemble;
use crate::metrics::Estimate;
use crate::search::{Options, Probe, Query, ReferenceCache, SearchContext, rank};

/// Retrieval accuracy of searches in a gallery.
///
/// Every person with listed kin in the gallery is the probe once, with all photos. Each search
/// leaves out the probe's own photos, and faces cut from the same photographs.
#[derive(Clone, Debug, Serialize)]
pub struct RetrievalReport {
    /// Number of probes.
    pub probes: usize,
    /// Number of photos in the gallery.
    pub photos: usize,
    /// Number of nearest photos that are scored for each probe.
    pub candidates: usize,
    /// Share of photos with the nearest photo of the same person.
    ///
    /// It counts people with several photos. `None` if no person has several photos.
    pub same_person_rank_1: Option<Estimate>,
    /// Searches by one photo of an unknown person. `None` without an ensemble, or if no person has
    /// a second photo.
    pub same_person: Option<SamePersonMetrics>,
    /// Metrics of the order by cosine.
    pub cosine: RetrievalMetrics,
    /// Metrics of the order by the ensemble; `None` if the bundle has no ensemble.
    pub reranked: Option<RetrievalMetrics>,
}

/// Options of a retrieval evaluation.
pub struct RetrievalOptions<'a> {
    /// Number of nearest photos that are scored for each probe.
    pub candidates: usize,
    /// Seed of the confidence intervals.
    pub seed: u64,
    /// Selects the probes. All people stay in the gallery.
    pub is_probe: &'a dyn Fn(PersonId) -> bool,
}

/// Searches for the relatives of every probe with listed kin in the gallery.
///
/// Returns `None` if the job was cancelled.
///
/// # Errors
/// [`EvaluateError::NoKin`] if no probe has listed kin.
/// [`EvaluateError::Gallery`], [`EvaluateError::Search`] or [`EvaluateError::Kinship`] if the
/// gallery or the ensemble fails.
pub fn retrieve(
    gallery: &dyn Gallery,
    ensemble: Option<&Ensemble>,
    options: &RetrievalOptions<'_>,
    progress: &dyn Progress,
) -> Result<Option<RetrievalReport>, EvaluateError> {
    let RetrievalOptions { candidates, seed, is_probe } = *options;
    let view = gallery.view()?;
    let enrolled = EnrolledPeople::new(gallery, &*view)?;
    let probes = enrolled.with_kin(is_probe);
    if probes.is_empty() {
        return Err(EvaluateError::NoKin);
    }
    let families = ProbeFamilies::new(probes.iter().copied());
    let cache = ReferenceCache::default();
    let by_cosine = SearchContext::new(&view, None, &cache)?;
    let by_ensemble = SearchContext::new(&view, ensemble, &cache)?;
    progress.begin("Searching", probes.len() as u64, "people");
    let mut plain = Vec::new();
    let mut reranked = Vec::new();
    for &person in &probes {
        if progress.cancelled() {
            return Ok(None);
        }
        let probe = RetrievalProbe::new(&enrolled, person, candidates)?;
        plain.push(probe.metrics(&by_cosine, &families)?);
        if ensemble.is_some() {
            reranked.push(probe.metrics(&by_ensemble, &families)?);
        }
        progress.advance(1);
    }
    let mut same_person = None;
    if ensemble.is_some() {
        let options = SamePersonOptions { candidates, seed, is_probe };
        let Some(searches) = search_same_people(&by_ensemble, &enrolled, &options, progress)?
        else {
            return Ok(None);
        };
        same_person = SamePersonMetrics::new(&searches, seed);
    }
    Ok(Some(RetrievalReport {
        probes: probes.len(),
        photos: view.photo_count(),
        candidates,
        same_person_rank_1: same_person_rank_1(&enrolled, is_probe, seed)?,
        same_person,
        cosine: RetrievalMetrics::new(&plain, &families, seed).ok_or(EvaluateError::NoKin)?,
        reranked: RetrievalMetrics::new(&reranked, &families, seed),
    }))
}

/// A person to search for by all photos.
struct RetrievalProbe {
    person: PersonId,
    /// One embedding per backbone, for each photo.
    photos: Vec<Vec<Embedding>>,
    options: Options,
    relevant: RelevantPeople,
}

impl RetrievalProbe {
    fn new(
        enrolled: &EnrolledPeople<'_>,
        person: PersonId,
        candidates: usize,
    ) -> Result<Self, EvaluateError> {
        let photos = enrolled.photos_of(person);
        let filter = Filter::without(Selection {
            people: BTreeSet::from([person]),
            photos: enrolled.of_same_sources(photos),
            ..Selection::default()
        });
        Ok(Self {
            person,
            photos: enrolled.embeddings(photos)?,
            options: Options { candidates, filter, ..Options::default() },
            relevant: RelevantPeople {
                family: enrolled.family_of(person),
                kin: enrolled.kin_of(person),
            },
        })
    }

    /// Returns the metrics of a search.
    fn metrics(
        &self,
        context: &SearchContext<'_>,
        families: &ProbeFamilies,
    ) -> Result<ProbeMetrics, EvaluateError> {
        let ranked = self.ranked(context)?;
        Ok(self.relevant.metrics(&ranked, families.index(self.person)))
    }

    /// Returns the people of a search result, in the order of their scores.
    ///
    /// The probe's own person is not in the gallery. People found as the same person are therefore
    /// ranked with all other people.
    fn ranked(&self, context: &SearchContext<'_>) -> Result<Vec<PersonId>, EvaluateError> {
        let probe = Probe { photos: &self.photos, known: BTreeSet::new() };
        let answer = rank(context, &Query::Relatives(probe), &self.options)?;
        let mut people = answer.people;
        people.extend(answer.same_person);
        people.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(people.into_iter().map(|found| found.person).collect())
    }
}

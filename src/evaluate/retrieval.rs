//! Retrieval metrics: rank of a person's relatives in the search results.

use std::collections::BTreeSet;

use serde::Serialize;

use super::EvaluateError;
use super::enrolled::EnrolledPeople;
use super::families::ProbeFamilies;
use super::same_person::{
    SamePersonFigures, SamePersonOptions, same_person_rank_1, search_same_people,
};
use crate::domain::{Embedding, PersonId, Progress};
use crate::gallery::{Filter, Gallery, Selection};
use crate::kinship::Ensemble;
use crate::metrics::{Figure, average_precision, is_hit};
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
    pub same_person_rank_1: Option<Figure>,
    /// Searches by one photo of an unknown person. `None` without an ensemble, or if no person has
    /// a second photo.
    pub same_person: Option<SamePersonFigures>,
    /// Metrics of the order by cosine.
    pub cosine: RetrievalFigures,
    /// Metrics of the order by the ensemble; `None` if the bundle has no ensemble.
    pub reranked: Option<RetrievalFigures>,
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

/// Metrics for both definitions of relevance.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RetrievalFigures {
    /// Metrics if the people of the probe's family are relevant.
    pub family: RankFigures,
    /// Metrics if the probe's listed kin are relevant.
    pub kin: RankFigures,
}

/// Rank metrics of the relevant people in a list of people.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RankFigures {
    /// Mean average precision. Relevant people that are not among the candidates add nothing.
    pub mean_average_precision: Figure,
    /// Share of probes with a relevant person at rank 1.
    pub rank_1: Figure,
    /// Share of probes with a relevant person in the first five.
    pub rank_5: Figure,
    /// Share of probes with a relevant person in the first ten.
    pub rank_10: Figure,
    /// Share of probes with a relevant person in the first twenty.
    pub rank_20: Figure,
}

/// Metrics of one probe, in the order of [`RankFigures`].
type Scores = [f64; 5];

/// Metrics of one probe for both definitions of relevance, and the index of its family.
struct Scored {
    family: usize,
    by_family: Scores,
    by_kin: Scores,
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
    for person in &probes {
        if progress.cancelled() {
            return Ok(None);
        }
        let own = enrolled.photos_of(*person);
        let photos = enrolled.embeddings(own)?;
        let filter = Filter::without(Selection {
            people: BTreeSet::from([*person]),
            photos: enrolled.of_same_sources(own),
            ..Selection::default()
        });
        let options = Options { candidates, filter, ..Options::default() };
        let relevant =
            Relevant { family: enrolled.family_of(*person), kin: enrolled.kin_of(*person) };
        let scored = |context: &SearchContext<'_>| {
            let ranked = ranked(context, &photos, &options)?;
            Ok::<_, EvaluateError>(relevant.scored(&ranked, families.index(*person)))
        };
        plain.push(scored(&by_cosine)?);
        if ensemble.is_some() {
            reranked.push(scored(&by_ensemble)?);
        }
        progress.advance(1);
    }
    let same_person = match ensemble {
        Some(_) => {
            let options = SamePersonOptions { candidates, seed, is_probe };
            let Some(searches) = search_same_people(&by_ensemble, &enrolled, &options, progress)?
            else {
                return Ok(None);
            };
            SamePersonFigures::new(&searches, seed)
        }
        None => None,
    };
    let figures = |scored: &[Scored]| figures(scored, &families, seed);
    Ok(Some(RetrievalReport {
        probes: probes.len(),
        photos: view.photo_count(),
        candidates,
        same_person_rank_1: same_person_rank_1(&enrolled, is_probe, seed)?,
        same_person,
        cosine: figures(&plain).ok_or(EvaluateError::NoKin)?,
        reranked: figures(&reranked),
    }))
}

/// Returns the people of a search result, in the order of their scores.
///
/// The probe's own person is not in the gallery. People found as the same person are therefore
/// ranked with all other people.
fn ranked(
    context: &SearchContext<'_>,
    photos: &[Vec<Embedding>],
    options: &Options,
) -> Result<Vec<PersonId>, EvaluateError> {
    let probe = Probe { photos, known: BTreeSet::new() };
    let answer = rank(context, &Query::Relatives(probe), options)?;
    let mut people = answer.people;
    people.extend(answer.same_person);
    people.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(people.into_iter().map(|found| found.person).collect())
}

/// People that are relevant to a probe.
struct Relevant {
    family: BTreeSet<PersonId>,
    kin: BTreeSet<PersonId>,
}

impl Relevant {
    /// Returns the metrics of a list of people. `family` is the index of the probe's family.
    fn scored(&self, ranked: &[PersonId], family: usize) -> Scored {
        let scores = |relevant: &BTreeSet<PersonId>| {
            let hits = || ranked.iter().map(|person| relevant.contains(person));
            let precision = average_precision(hits(), relevant.len()).unwrap_or_default();
            let at = |k| f64::from(u8::from(is_hit(hits(), k)));
            [precision, at(1), at(5), at(10), at(20)]
        };
        Scored { family, by_family: scores(&self.family), by_kin: scores(&self.kin) }
    }
}

fn figures(scored: &[Scored], families: &ProbeFamilies, seed: u64) -> Option<RetrievalFigures> {
    let of = |scores: fn(&Scored) -> &Scores| {
        let mean = |counts: &[f64]| -> [Option<f64>; 5] {
            let total: f64 = scored.iter().map(|scored| counts[scored.family]).sum();
            std::array::from_fn(|at| {
                let sum = scored.iter().map(|s| counts[s.family] * scores(s)[at]).sum::<f64>();
                (total > 0.0).then(|| sum / total)
            })
        };
        let [precision, rank_1, rank_5, rank_10, rank_20] = families.bootstrap(seed).figures(mean);
        Some(RankFigures {
            mean_average_precision: precision?,
            rank_1: rank_1?,
            rank_5: rank_5?,
            rank_10: rank_10?,
            rank_20: rank_20?,
        })
    };
    Some(RetrievalFigures { family: of(|s| &s.by_family)?, kin: of(|s| &s.by_kin)? })
}

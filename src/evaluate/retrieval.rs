//! Retrieval: how early a search names a person's relatives.

use std::collections::BTreeSet;

use serde::Serialize;

use super::EvaluateError;
use super::enrolled::EnrolledPeople;
use super::families::ProbeFamilies;
use super::same_person::{
    SamePersonFigures, SamePersonOptions, same_person_rank_1, search_same_people,
};
use crate::domain::{Embedding, MemberId, Progress};
use crate::gallery::{Filter, Gallery, Selection};
use crate::kinship::Ensemble;
use crate::metrics::{Figure, average_precision, is_hit};
use crate::search::{Options, Probe, Query, ReferenceCache, SearchContext, rank};

/// How well searches in a gallery find relatives. Everybody with listed kin in it is the probe once, with all photos;
/// their own photos, and faces cut from the same photographs, are left out of the search.
#[derive(Clone, Debug, Serialize)]
pub struct RetrievalReport {
    /// People searched for.
    pub probes: usize,
    /// Photos in the gallery.
    pub photos: usize,
    /// Nearest photos that were judged for each.
    pub candidates: usize,
    /// Share of photos whose nearest one is of the same person, where people have several; none where nobody has.
    pub same_person_rank_1: Option<Figure>,
    /// Searches by one photo of an unknown person; `None` without an ensemble, or if no person has a second photo.
    pub same_person: Option<SamePersonFigures>,
    /// In the order of the cosine.
    pub cosine: RetrievalFigures,
    /// In the order of the ensemble; none where the bundle has none.
    pub reranked: Option<RetrievalFigures>,
}

/// What is searched for.
pub struct RetrievalOptions<'a> {
    /// Nearest photos that are judged for each probe.
    pub candidates: usize,
    /// Seed of the intervals.
    pub seed: u64,
    /// Who is searched for; everybody stays in the gallery.
    pub is_probe: &'a dyn Fn(MemberId) -> bool,
}

/// Figures for both meanings of relevant.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RetrievalFigures {
    /// Relevant are the people of the probe's family.
    pub family: RankFigures,
    /// Relevant are the probe's listed kin.
    pub kin: RankFigures,
}

/// How early relevant people come in a list of people.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RankFigures {
    /// Mean average precision; relevant people who are not among the candidates add nothing.
    pub mean_average_precision: Figure,
    /// Share of probes with a relevant person first.
    pub rank_1: Figure,
    /// Among the first five.
    pub rank_5: Figure,
    /// Among the first ten.
    pub rank_10: Figure,
    /// Among the first twenty.
    pub rank_20: Figure,
}

/// Figures of one probe, in the order of [`RankFigures`].
type Scores = [f64; 5];

/// A probe's scores for both meanings of relevant, and its family's place.
struct Scored {
    family: usize,
    by_family: Scores,
    by_kin: Scores,
}

/// Searches for everybody who has listed kin in the gallery. None where `progress` asked to stop.
///
/// # Errors
/// When nobody has, or the gallery or the ensemble fails.
pub fn retrieve(
    gallery: &Gallery,
    ensemble: Option<&Ensemble>,
    options: &RetrievalOptions<'_>,
    progress: &dyn Progress,
) -> Result<Option<RetrievalReport>, EvaluateError> {
    let RetrievalOptions { candidates, seed, is_probe } = *options;
    let snapshot = gallery.snapshot()?;
    let enrolled = EnrolledPeople::new(gallery, &snapshot);
    let probes = enrolled.with_kin(is_probe);
    if probes.is_empty() {
        return Err(EvaluateError::NoKin);
    }
    let families = ProbeFamilies::new(probes.iter().copied());
    let cache = ReferenceCache::default();
    let by_cosine = SearchContext::new(&snapshot, None, &cache)?;
    let by_ensemble = SearchContext::new(&snapshot, ensemble, &cache)?;
    progress.begin("Searching", probes.len() as u64, "people");
    let (mut plain, mut reranked) = (Vec::new(), Vec::new());
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
        photos: snapshot.photo_count(),
        candidates,
        same_person_rank_1: same_person_rank_1(&enrolled, is_probe, seed)?,
        same_person,
        cosine: figures(&plain).ok_or(EvaluateError::NoKin)?,
        reranked: figures(&reranked),
    }))
}

/// The people that a search names, in the order of their scores. The probe's own person is not in the gallery, so that
/// people who are taken for it stand among the others.
fn ranked(
    context: &SearchContext<'_>,
    photos: &[Vec<Embedding>],
    options: &Options,
) -> Result<Vec<MemberId>, EvaluateError> {
    let probe = Probe { photos, known: BTreeSet::new() };
    let answer = rank(context, &Query::Relatives(probe), options)?;
    let mut people = answer.people;
    people.extend(answer.same_person);
    people.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(people.into_iter().map(|found| found.person).collect())
}

/// The people who are relevant to a probe.
struct Relevant {
    family: BTreeSet<MemberId>,
    kin: BTreeSet<MemberId>,
}

impl Relevant {
    /// The scores of a list of people; `family` is the index of the probe's family.
    fn scored(&self, ranked: &[MemberId], family: usize) -> Scored {
        let scores = |relevant: &BTreeSet<MemberId>| {
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

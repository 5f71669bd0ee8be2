//! Retrieval: how early a search names a person's relatives.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::EvaluateError;
use super::identification::identification;
use crate::domain::{Embedding, FamilyId, MemberId, PhotoId, Progress};
use crate::gallery::{Filter, Gallery, Selection, Snapshot};
use crate::kinship::Ensemble;
use crate::metrics::{Bootstrap, Figure, average_precision, is_hit};
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

const DRAWS: usize = 1000;

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
    let mut people: BTreeMap<MemberId, Vec<PhotoId>> = BTreeMap::new();
    for photo in snapshot.photos() {
        people.entry(photo.id.member()).or_default().push(photo.id.clone());
    }
    people.values_mut().for_each(|photos| photos.sort_unstable());
    let has_kin = |person: &MemberId| snapshot.kin_of(*person).any(|kin| people.contains_key(&kin));
    let is_asked = |person: &MemberId| is_probe(*person) && has_kin(person);
    let probes: Vec<MemberId> = people.keys().copied().filter(is_asked).collect();
    if probes.is_empty() {
        return Err(EvaluateError::NoKin);
    }
    let families: BTreeSet<FamilyId> = probes.iter().map(|person| person.family()).collect();
    let families: Vec<FamilyId> = families.into_iter().collect();
    let cache = ReferenceCache::default();
    let by_cosine = SearchContext::new(&snapshot, None, &cache)?;
    let by_ensemble = SearchContext::new(&snapshot, ensemble, &cache)?;
    progress.begin("Searching", probes.len() as u64, "people");
    let (mut plain, mut reranked) = (Vec::new(), Vec::new());
    for person in &probes {
        if progress.cancelled() {
            return Ok(None);
        }
        let own = &people[person];
        let photos = own.iter().filter_map(|id| gallery.embeddings(id).transpose());
        let photos: Vec<Vec<Embedding>> = photos.collect::<Result<_, _>>()?;
        let family = families.partition_point(|family| *family < person.family());
        let filter = Filter::without(Selection {
            people: BTreeSet::from([*person]),
            photos: of_same_sources(own, &people),
            ..Selection::default()
        });
        let options = Options { candidates, filter, ..Options::default() };
        let scored = |context: &SearchContext<'_>| {
            let ranked = ranked(context, &photos, &options)?;
            Ok::<_, EvaluateError>(scored(*person, &ranked, (&snapshot, &people), family))
        };
        plain.push(scored(&by_cosine)?);
        if ensemble.is_some() {
            reranked.push(scored(&by_ensemble)?);
        }
        progress.advance(1);
    }
    let figures = |scored: &[Scored]| figures(scored, families.len(), seed);
    Ok(Some(RetrievalReport {
        probes: probes.len(),
        photos: snapshot.photo_count(),
        candidates,
        same_person_rank_1: identification((gallery, &snapshot), is_probe, seed)?,
        cosine: figures(&plain).ok_or(EvaluateError::NoKin)?,
        reranked: figures(&reranked),
    }))
}

/// Photos of a person's family that were cut from the photographs that theirs were cut from.
fn of_same_sources(
    own: &[PhotoId],
    people: &BTreeMap<MemberId, Vec<PhotoId>>,
) -> BTreeSet<PhotoId> {
    let sources: BTreeSet<&str> = own.iter().map(PhotoId::source_photo).collect();
    let family = own.first().map(|photo| photo.member().family());
    let of_family = people.iter().filter(|(person, _)| Some(person.family()) == family);
    let photos = of_family.flat_map(|(_, photos)| photos);
    photos.filter(|photo| sources.contains(photo.source_photo())).cloned().collect()
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

fn scored(
    person: MemberId,
    ranked: &[MemberId],
    (snapshot, people): (&Snapshot, &BTreeMap<MemberId, Vec<PhotoId>>),
    family: usize,
) -> Scored {
    let kin: BTreeSet<MemberId> =
        snapshot.kin_of(person).filter(|kin| people.contains_key(kin)).collect();
    let of_family: BTreeSet<MemberId> = people
        .keys()
        .copied()
        .filter(|other| other.family() == person.family() && *other != person)
        .collect();
    let scores = |relevant: &BTreeSet<MemberId>| {
        let hits = || ranked.iter().map(|person| relevant.contains(person));
        let precision = average_precision(hits(), relevant.len()).unwrap_or_default();
        let at = |k| f64::from(u8::from(is_hit(hits(), k)));
        [precision, at(1), at(5), at(10), at(20)]
    };
    Scored { family, by_family: scores(&of_family), by_kin: scores(&kin) }
}

fn figures(scored: &[Scored], families: usize, seed: u64) -> Option<RetrievalFigures> {
    let of = |scores: fn(&Scored) -> &Scores| {
        let mean = |counts: &[f64]| {
            let total: f64 = scored.iter().map(|scored| counts[scored.family]).sum();
            std::array::from_fn(|at| {
                let sum = scored.iter().map(|s| counts[s.family] * scores(s)[at]).sum::<f64>();
                (total > 0.0).then(|| sum / total)
            })
        };
        let intervals = Bootstrap { families, draws: DRAWS, seed }.intervals::<5>(mean);
        let values: [Option<f64>; 5] = mean(&vec![1.0; families]);
        let figure = |at: usize| Some(Figure { value: values[at]?, interval: intervals[at]? });
        Some(RankFigures {
            mean_average_precision: figure(0)?,
            rank_1: figure(1)?,
            rank_5: figure(2)?,
            rank_10: figure(3)?,
            rank_20: figure(4)?,
        })
    };
    Some(RetrievalFigures { family: of(|s| &s.by_family)?, kin: of(|s| &s.by_kin)? })
}

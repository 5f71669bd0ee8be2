//! Search of a gallery for people similar to a probe, with evidence of kinship.

mod answer;
mod compare;
mod couples;
mod error;
mod grouping;
mod limitation;
mod query;
mod reference;
mod score;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use crate::domain::{Embedding, EmbeddingError, EntityId, PersonId, PhotoId};
use crate::gallery::{Filter, GalleryView, Method, NearestQuery, Neighbor, Selection};
use crate::kinship::{Ensemble, posterior};

pub use answer::{Answer, CoupleMatch, FamilyMatch, Kinship, PersonMatch, PhotoMatch, Searched};
pub use compare::{Comparison, Likelihoods, compare};
pub use error::SearchError;
use grouping::{FoundPeople, ScoredPhoto};
pub use limitation::Limitation;
pub use query::{Grouping, Options, Probe, Query};
pub use reference::ReferenceCache;
use score::{ProbeScorer, Score, Scorer, SearchScale};

/// A gallery view and the models that search it.
#[derive(Clone)]
pub struct SearchContext<'a> {
    view: &'a dyn GalleryView,
    scorer: Scorer<'a>,
}

impl<'a> SearchContext<'a> {
    /// Creates a context. Statistics of the gallery are taken from `cache` if present.
    ///
    /// # Errors
    /// - [`SearchError::Gallery`] if the gallery fails.
    /// - [`SearchError::Kinship`] if the gallery's embeddings do not match the ensemble's backbones.
    pub fn new(
        view: &'a Arc<dyn GalleryView>,
        ensemble: Option<&'a Ensemble>,
        cache: &ReferenceCache,
    ) -> Result<Self, SearchError> {
        let scorer = Scorer::new(view, ensemble, cache)?;
        Ok(Self { view: &**view, scorer })
    }
}

/// Searches a gallery.
///
/// The people of the nearest photos in the retrieval space are the candidates. The ensemble scores the nearest photo of
/// each. Then it scores all photos of the best candidates, and decides the order. Without an ensemble, the cosine
/// decides.
///
/// # Errors
/// - [`SearchError::NoEnsemble`] if the query or a probability needs an ensemble and there is none.
/// - [`SearchError::Kinship`] if the probe's embeddings do not match the ensemble's backbones.
pub fn search(
    context: &SearchContext<'_>,
    query: &Query<'_>,
    options: &Options,
) -> Result<Answer, SearchError> {
    let search = Search::new(context, query, options)?;
    let mut count = options.candidates.max(options.limit);
    let mut found = search.candidates(count)?;
    // Many photos of few people can fill the candidates. The search extends until there are enough people.
    while found.photos.len() < options.limit && count < context.view.photo_count() {
        count *= 4;
        found = search.candidates(count)?;
    }
    let shortlist = options.limit.saturating_mul(SHORTLIST_FACTOR).max(MIN_SHORTLIST);
    let mut answer = search.answer(found, shortlist)?;
    if let Some(least) = options.min_probability {
        answer.people.retain(|found| {
            let probability = found.kinship.as_ref().and_then(|kinship| kinship.probability);
            probability.is_some_and(|probability| probability >= least)
        });
        let is_left = |person: &PersonId| answer.people.iter().any(|left| left.person == *person);
        answer.couples.retain(|couple| couple.people.iter().all(is_left));
    }
    answer.couples.truncate(options.limit);
    grouping::limit(&mut answer, options);
    Ok(answer)
}

/// Scores enrolled photos against a probe, in descending order of evidence.
///
/// Without an ensemble the nearest come first.
///
/// # Errors
/// [`SearchError::NotEnrolled`] if a photo is not enrolled.
pub fn rerank(
    context: &SearchContext<'_>,
    probe: &Probe<'_>,
    photos: &[PhotoId],
) -> Result<Vec<PhotoMatch>, SearchError> {
    let mean = mean(probe)?;
    let mut found = Vec::with_capacity(photos.len());
    for id in photos {
        let stored = context.view.compare(&EntityId::Photo(id.clone()), &mean)?;
        let photo = stored.into_iter().next();
        found.push(photo.ok_or_else(|| SearchError::NotEnrolled(id.clone()))?);
    }
    let scorer = ProbeScorer::new(&context.scorer, std::slice::from_ref(probe), &probe.known)?;
    let scale = SearchScale {
        people: context.view.people(&Filter::default())?.len(),
        expected_relatives: 0.0,
        max_false_positive_rate: Options::DEFAULT_FALSE_POSITIVE_RATE,
        tail: scorer.tail()?,
    };
    let scores = scorer.score(&found)?;
    let scored = found.iter().zip(scores);
    let mut photos: Vec<PhotoMatch> =
        scored.map(|(photo, score)| photo_match(photo, &score, &context.scorer, scale)).collect();
    grouping::sort_photos(&mut photos);
    Ok(photos)
}

/// As [`search`], for all people among exactly as many candidates as the options state.
///
/// # Errors
/// As [`search`].
pub fn rank(
    context: &SearchContext<'_>,
    query: &Query<'_>,
    options: &Options,
) -> Result<Answer, SearchError> {
    let search = Search::new(context, query, options)?;
    search.answer(search.candidates(options.candidates)?, usize::MAX)
}

/// Minimum ratio of the people scored by all their photos to the people requested.
/// The second constant is the minimum number of such people.
const SHORTLIST_FACTOR: usize = 3;
const MIN_SHORTLIST: usize = 30;

/// A search in progress.
struct Search<'a> {
    context: &'a SearchContext<'a>,
    query: &'a Query<'a>,
    options: &'a Options,
    scorer: ProbeScorer<'a>,
    scale: SearchScale,
    /// Filter of photos that may be of relatives. It excludes those of known people.
    filter: Filter,
    /// Mean direction of the photos of each probe.
    means: Vec<Embedding>,
    known: BTreeSet<PersonId>,
}

/// People of the nearest photos, each by the nearest one.
struct Candidates {
    photos: Vec<Neighbor>,
    method: Method,
}

impl<'a> Search<'a> {
    fn new(
        context: &'a SearchContext<'a>,
        query: &'a Query<'a>,
        options: &'a Options,
    ) -> Result<Self, SearchError> {
        let probes = match query {
            Query::Relatives(probe) | Query::SamePerson(probe) | Query::Parents(probe) => {
                std::slice::from_ref(probe)
            }
            Query::Children(parents) => parents.as_slice(),
        };
        let needs_ensemble =
            !matches!(query, Query::Relatives(_)) || options.min_probability.is_some();
        if context.scorer.ensemble().is_none() && needs_ensemble {
            return Err(SearchError::NoEnsemble);
        }
        let known: BTreeSet<PersonId> =
            probes.iter().flat_map(|probe| probe.known.iter().copied()).collect();
        let mut filter = options.filter.clone();
        filter.without.people.extend(&known);
        let scorer = ProbeScorer::new(&context.scorer, probes, &known)?;
        let scale = SearchScale {
            people: people_count(context, &filter)?,
            expected_relatives: options.expected_relatives,
            max_false_positive_rate: options.max_false_positive_rate,
            tail: scorer.tail()?,
        };
        let means = probes.iter().map(mean).collect::<Result<_, _>>()?;
        Ok(Self { context, query, options, scorer, scale, filter, means, known })
    }

    /// Returns the people of the `count` photos nearest to one of the probes.
    fn candidates(&self, count: usize) -> Result<Candidates, SearchError> {
        let Options { ef, exact, .. } = *self.options;
        let query = NearestQuery { count, ef, exact, filter: self.filter.clone() };
        let mut photos = Vec::new();
        let mut method = Method::Exact;
        for nearest in self.context.view.nearest(&self.means, &query)? {
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

    /// Scores candidates, the best `shortlist` of them by all their photos.
    ///
    /// Groups the result by person and family.
    fn answer(
        &self,
        Candidates { photos, method }: Candidates,
        shortlist: usize,
    ) -> Result<Answer, SearchError> {
        let scores = self.scorer.score(&photos)?;
        let chosen = self.shortlist(&photos, &scores, shortlist);
        let others = self.other_photos(&chosen, &photos)?;
        let other_scores = self.scorer.score(&others)?;
        let is_chosen = |photo: &Neighbor| chosen.contains(&photo.photo.id.member());
        let nearest = photos.iter().zip(scores).filter(|(photo, _)| is_chosen(photo));
        let scored: Vec<ScoredPhoto> = nearest
            .chain(others.iter().zip(other_scores))
            .map(|(photo, score)| self.scored(photo, score))
            .collect();
        let scored_photos = photos.len() + others.len();
        let FoundPeople { mut same_person, others: mut people } =
            grouping::people(scored, &self.context.scorer, self.scale);
        let known = self.known_people()?;
        same_person.splice(0..0, known);
        if matches!(self.query, Query::SamePerson(_)) {
            people.clear();
        }
        for found in people.iter_mut().chain(&mut same_person) {
            found.listed_kin = self.context.view.relatives_of(found.person)?;
        }
        let couples = match self.query {
            Query::Parents(_) => couples::couples(&people, &self.known, self.context.view)?,
            Query::Relatives(_) | Query::SamePerson(_) | Query::Children(_) => Vec::new(),
        };
        let ensemble = self.context.scorer.ensemble();
        let open_set = ensemble.and_then(Ensemble::open_set);
        let typicality = self.scorer.typicality();
        Ok(Answer {
            known: self.known.clone(),
            same_person,
            couples,
            families: grouping::families(&people),
            people,
            photos: Vec::new(),
            members: ensemble.map(member_names).unwrap_or_default(),
            searched: Searched {
                photos: self.context.view.photo_count(),
                people: self.scale.people,
                scored_photos,
                method,
                expected_relatives: self.scale.expected_relatives,
                prior: posterior(0.0, self.scale.expected_relatives, self.scale.people),
                max_false_positive_rate: open_set.map(|_| self.scale.max_false_positive_rate),
                shortlist_rate: open_set
                    .and_then(|scorer| scorer.config().shortlist_rate(self.scale.people)),
            },
            typicality,
            notes: Limitation::all(ensemble, typicality),
        })
    }

    fn scored(&self, photo: &Neighbor, score: Score) -> ScoredPhoto {
        let photo = photo_match(photo, &score, &self.context.scorer, self.scale);
        ScoredPhoto { photo, score }
    }

    /// Returns the people to score by all their photos.
    ///
    /// These are the people with the best scores, and the nearest. The nearest may be the probe person.
    fn shortlist(&self, photos: &[Neighbor], scores: &[Score], count: usize) -> BTreeSet<PersonId> {
        let mut best: Vec<usize> = (0..photos.len()).collect();
        best.sort_by(|&a, &b| scores[b].score.total_cmp(&scores[a].score));
        let best = best.into_iter().take(count).map(|i| &photos[i]);
        let nearest = photos.iter().take(MIN_SHORTLIST);
        best.chain(nearest).map(|photo| photo.photo.id.member()).collect()
    }

    /// Returns the included photos of `people`, without those that are `scored` already.
    fn other_photos(
        &self,
        people: &BTreeSet<PersonId>,
        scored: &[Neighbor],
    ) -> Result<Vec<Neighbor>, SearchError> {
        let scored: HashSet<&PhotoId> = scored.iter().map(|photo| &photo.photo.id).collect();
        let mut found = BTreeMap::<PhotoId, Neighbor>::new();
        for mean in &self.means {
            for &person in people {
                for photo in self.context.view.compare(&EntityId::Person(person), mean)? {
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

    /// Returns the people known to be in the probe, with their other photos.
    fn known_people(&self) -> Result<Vec<PersonMatch>, SearchError> {
        let mut people = Vec::new();
        for &person in &self.known {
            people.extend(self.known_person(person)?);
        }
        Ok(people)
    }

    /// Returns a known person with the other photos. Returns `None` if there are none.
    fn known_person(&self, person: PersonId) -> Result<Option<PersonMatch>, SearchError> {
        let mut photos: Vec<PhotoMatch> = Vec::new();
        for mean in &self.means {
            for photo in self.context.view.compare(&EntityId::Person(person), mean)? {
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

fn photo_match(
    photo: &Neighbor,
    score: &Score,
    scorer: &Scorer<'_>,
    scale: SearchScale,
) -> PhotoMatch {
    let alone = scorer.person(std::slice::from_ref(score));
    PhotoMatch {
        photo: photo.photo.id.clone(),
        cosine: photo.cosine,
        log_likelihood_ratio: scorer.kinship(&alone, scale).map(|k| k.log_likelihood_ratio),
    }
}

/// Returns the number of people with an included photo.
fn people_count(context: &SearchContext<'_>, filter: &Filter) -> Result<usize, SearchError> {
    match (&context.scorer, filter) {
        // Most searches exclude only some files and known people.
        (
            Scorer::OpenSet(_, gallery),
            Filter { only: None, without: Selection { families, people, photos, .. } },
        ) if families.is_empty() && photos.is_empty() => {
            Ok(gallery.people.saturating_sub(people.len()))
        }
        _ => Ok(context.view.people(filter)?.len()),
    }
}

/// Returns the mean direction of a person's photos, in the retrieval space.
fn mean(probe: &Probe<'_>) -> Result<Embedding, EmbeddingError> {
    let [first, others @ ..] = probe.photos else { return Err(EmbeddingError::Zero) };
    if others.is_empty() {
        return Ok(first[0].clone());
    }
    let mut sum = first[0].as_slice().to_vec();
    for photo in others {
        sum.iter_mut().zip(photo[0].as_slice()).for_each(|(sum, value)| *sum += value);
    }
    Embedding::normalize(sum)
}

fn member_names(ensemble: &Ensemble) -> Vec<String> {
    ensemble.config().members.iter().map(|member| member.name.clone()).collect()
}

//! Steps of a search: candidates, scores, and the answer from them.

use std::collections::BTreeSet;

use super::candidates::{CandidateFinder, Candidates};
use super::grouping::{FoundPeople, ScoredPhoto};
use super::score::{ProbeScorer, Score, SearchScale};
use super::{
    Answer, CoupleMatch, Limitation, Options, PersonMatch, Probe, Query, SearchContext,
    SearchError, SearchScope, couples, grouping,
};
use crate::domain::PersonId;
use crate::gallery::{Method, Neighbor};
use crate::kinship::{Ensemble, posterior};

/// Number of the nearest people that are scored by all their photos.
const NEAREST_PEOPLE: usize = 30;

/// A search in progress.
pub(super) struct Search<'a> {
    context: &'a SearchContext<'a>,
    query: &'a Query<'a>,
    scorer: ProbeScorer<'a>,
    scale: SearchScale,
    finder: CandidateFinder<'a>,
    /// People known to be in the probe.
    known: BTreeSet<PersonId>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        context: &'a SearchContext<'a>,
        query: &'a Query<'a>,
        options: &'a Options,
    ) -> Result<Self, SearchError> {
        let needs_ensemble =
            !matches!(query, Query::Relatives(_)) || options.min_probability.is_some();
        if context.scorer.ensemble().is_none() && needs_ensemble {
            return Err(SearchError::NoEnsemble);
        }
        let probes = query.probes();
        let known: BTreeSet<PersonId> =
            probes.iter().flat_map(|probe| probe.known.iter().copied()).collect();
        let mut filter = options.filter.clone();
        filter.without.people.extend(&known);
        let scorer = ProbeScorer::new(&context.scorer, probes, &known)?;
        let scale = SearchScale {
            people: context.people_count(&filter)?,
            expected_relatives: options.expected_relatives,
            max_false_positive_rate: options.max_false_positive_rate,
            tail: scorer.tail()?,
        };
        let means = probes.iter().map(Probe::mean).collect::<Result<_, _>>()?;
        let finder = CandidateFinder { view: context.view, options, filter, means };
        Ok(Self { context, query, scorer, scale, finder, known })
    }

    /// Returns the people of the `count` photos nearest to one of the probes.
    pub(super) fn candidates(&self, count: usize) -> Result<Candidates, SearchError> {
        self.finder.nearest(count)
    }

    /// Scores candidates, the best `shortlist` of them by all their photos.
    ///
    /// Groups the result by person and family.
    pub(super) fn answer(
        &self,
        candidates: Candidates,
        shortlist: usize,
    ) -> Result<Answer, SearchError> {
        let Candidates { photos, method } = candidates;
        let scores = self.scorer.score(&photos)?;
        let people = shortlisted(&photos, &scores, shortlist);
        let others = self.finder.other_photos(&people, &photos)?;
        let other_scores = self.scorer.score(&others)?;
        let scored_photos = photos.len() + others.len();
        let mut scored = Vec::new();
        for (photo, score) in photos.iter().zip(scores) {
            if people.contains(&photo.photo.id.member()) {
                scored.push(self.scored(photo, score));
            }
        }
        for (photo, score) in others.iter().zip(other_scores) {
            scored.push(self.scored(photo, score));
        }
        let FoundPeople { mut same_person, others: mut people } =
            grouping::people(scored, &self.context.scorer, self.scale);
        same_person.splice(0..0, self.known_people()?);
        if matches!(self.query, Query::SamePerson(_)) {
            people.clear();
        }
        for found in people.iter_mut().chain(&mut same_person) {
            found.listed_kin = self.context.view.relatives_of(found.person)?;
        }
        let ensemble = self.context.scorer.ensemble();
        let typicality = self.scorer.typicality();
        Ok(Answer {
            known: self.known.clone(),
            same_person,
            couples: self.couples(&people)?,
            families: grouping::families(&people),
            people,
            photos: Vec::new(),
            members: ensemble.map(|e| e.config().member_names()).unwrap_or_default(),
            searched: self.scope(scored_photos, method),
            typicality,
            notes: Limitation::all(ensemble, typicality),
        })
    }

    /// Returns the people known to be in the probe, with their other photos.
    fn known_people(&self) -> Result<Vec<PersonMatch>, SearchError> {
        let mut people = Vec::new();
        for &person in &self.known {
            people.extend(self.finder.known_person(person)?);
        }
        Ok(people)
    }

    fn scored(&self, photo: &Neighbor, score: Score) -> ScoredPhoto {
        let photo = self.context.scorer.photo_match(photo, &score, self.scale);
        ScoredPhoto { photo, score }
    }

    fn couples(&self, people: &[PersonMatch]) -> Result<Vec<CoupleMatch>, SearchError> {
        match self.query {
            Query::Parents(_) => couples::couples(people, &self.known, self.context.view),
            Query::Relatives(_) | Query::SamePerson(_) | Query::Children(_) => Ok(Vec::new()),
        }
    }

    fn scope(&self, scored_photos: usize, method: Method) -> SearchScope {
        let SearchScale { people, expected_relatives, max_false_positive_rate, .. } = self.scale;
        let open_set = self.context.scorer.ensemble().and_then(Ensemble::open_set);
        SearchScope {
            photos: self.context.view.photo_count(),
            people,
            scored_photos,
            method,
            expected_relatives,
            prior: posterior(0.0, expected_relatives, people),
            max_false_positive_rate: open_set.map(|_| max_false_positive_rate),
            shortlist_rate: open_set.and_then(|model| model.config.shortlist_rate(people)),
        }
    }
}

/// Returns the people to score by all their photos.
///
/// These are the people of the `count` best scores, and the nearest. The nearest may be the probe
/// person.
fn shortlisted(photos: &[Neighbor], scores: &[Score], count: usize) -> BTreeSet<PersonId> {
    let mut best: Vec<usize> = (0..photos.len()).collect();
    best.sort_by(|&a, &b| scores[b].score.total_cmp(&scores[a].score));
    let best = best.into_iter().take(count).map(|i| &photos[i]);
    let nearest = photos.iter().take(NEAREST_PEOPLE);
    best.chain(nearest).map(|photo| photo.photo.id.member()).collect()
}

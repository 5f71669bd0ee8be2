//! Search of a gallery: limited to the best results, or for all candidates.

use super::engine::Search;
use super::{Answer, Options, Query, SearchContext, SearchError, grouping};

/// Minimum ratio of the people scored by all their photos to the people requested.
const SHORTLIST_FACTOR: usize = 3;
/// Minimum number of people scored by all their photos.
const MIN_SHORTLIST: usize = 30;

/// Searches a gallery.
///
/// The people of the nearest photos in the retrieval space are the candidates. The ensemble scores
/// the nearest photo of each. Then it scores all photos of the best candidates, and decides the
/// order. Without an ensemble, the cosine decides.
///
/// # Errors
/// - [`SearchError::NoEnsemble`] if the query or a probability needs an ensemble and there is none.
/// - [`SearchError::Gallery`] if the gallery fails.
/// - [`SearchError::Kinship`] if the probe's embeddings do not match the ensemble's backbones.
pub fn search(
    context: &SearchContext<'_>,
    query: &Query<'_>,
    options: &Options,
) -> Result<Answer, SearchError> {
    let search = Search::new(context, query, options)?;
    let mut count = options.candidates.max(options.limit);
    let mut found = search.candidates(count)?;
    // Many photos of few people can fill the candidates. The search extends until there are enough
    // people.
    while found.photos.len() < options.limit && count < context.view.photo_count() {
        count *= 4;
        found = search.candidates(count)?;
    }
    let shortlist = options.limit.saturating_mul(SHORTLIST_FACTOR).max(MIN_SHORTLIST);
    let mut answer = search.answer(found, shortlist)?;
    if let Some(min_probability) = options.min_probability {
        retain_probable(&mut answer, min_probability);
    }
    answer.couples.truncate(options.limit);
    grouping::limit(&mut answer, options);
    Ok(answer)
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

/// Removes people with a lower probability of kinship, and their couples.
fn retain_probable(answer: &mut Answer, min_probability: f64) {
    answer.people.retain(|found| {
        let probability = found.kinship.as_ref().and_then(|kinship| kinship.probability);
        probability.is_some_and(|probability| probability >= min_probability)
    });
    let people = &answer.people;
    answer.couples.retain(|couple| {
        couple.people.iter().all(|person| people.iter().any(|found| found.person == *person))
    });
}

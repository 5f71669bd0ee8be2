//! Order of enrolled photos by their evidence.

use std::slice;

use super::score::{ProbeScorer, SearchScale};
use super::{Options, PhotoMatch, Probe, SearchContext, SearchError, grouping};
use crate::domain::{EntityId, PhotoId};
use crate::gallery::{Filter, Neighbor};

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
    let mean = probe.mean()?;
    let mut found: Vec<Neighbor> = Vec::with_capacity(photos.len());
    for id in photos {
        let stored = context.view.compare(&EntityId::Photo(id.clone()), &mean)?;
        let photo = stored.into_iter().next();
        found.push(photo.ok_or_else(|| SearchError::NotEnrolled(id.clone()))?);
    }
    let scorer = ProbeScorer::new(&context.scorer, slice::from_ref(probe), &probe.known)?;
    let scale = SearchScale {
        people: context.view.people(&Filter::default())?.len(),
        expected_relatives: 0.0,
        max_false_positive_rate: Options::DEFAULT_FALSE_POSITIVE_RATE,
        tail: scorer.tail()?,
    };
    let scores = scorer.score(&found)?;
    let scored = found.iter().zip(scores);
    let mut photos: Vec<PhotoMatch> =
        scored.map(|(photo, score)| context.scorer.photo_match(photo, &score, scale)).collect();
    grouping::sort_photos(&mut photos);
    Ok(photos)
}

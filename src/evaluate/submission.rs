//! Predictions for the pairs of a submission.

use std::path::Path;

use super::EvaluateError;
use super::faces::Faces;
use crate::bundle::Bundle;
use crate::dataset::{ListedPair, Source};
use crate::domain::Progress;
use crate::ingest::Rejected;
use crate::kinship::probability;

/// Predictions for a submission.
pub struct Answers {
    /// Probability of kinship of each pair, 0 to 1. It is 0.5 if a photo could not be used.
    pub probabilities: Vec<f64>,
    /// Photos that could not be used.
    pub rejected: Vec<Rejected>,
}

/// Scores the pairs of a submission.
///
/// Returns `None` if the job was cancelled.
///
/// # Errors
/// [`EvaluateError::NoEnsemble`] if the bundle is not trained.
/// [`EvaluateError::NoPhotos`] if no photo can be embedded.
/// [`EvaluateError::Kinship`] if no pair has both photos.
/// Other variants if a backbone fails.
pub fn submission(
    pairs: &[ListedPair],
    root: &Path,
    bundle: &Bundle,
    progress: &dyn Progress,
) -> Result<Option<Answers>, EvaluateError> {
    let ensemble = bundle.ensemble().ok_or(EvaluateError::NoEnsemble)?;
    let paths = pairs.iter().flat_map(|pair| pair.photos.clone()).collect();
    let mut source = Source::open(root)?;
    let Some(faces) = Faces::embed(paths, &mut source, bundle, progress)? else {
        return Ok(None);
    };
    let found: Vec<Option<[usize; 2]>> =
        pairs.iter().map(|pair| faces.find(&pair.photos)).collect();
    let usable: Vec<[usize; 2]> = found.iter().copied().flatten().collect();
    let mut evidence = faces.evidence(ensemble, &usable)?.into_iter();
    let mut probabilities = Vec::with_capacity(found.len());
    for pair in found {
        probabilities.push(match pair {
            Some(_) => evidence.next().map_or(0.5, probability),
            None => 0.5,
        });
    }
    Ok(Some(Answers { probabilities, rejected: faces.rejected }))
}

//! Score of a person by several photos.

/// Returns a person's score: the logarithm of the mean exponential of the photos' normalized
/// scores.
///
/// One photo that shows the similarity counts more than many that do not.
pub fn person_score(photos: impl ExactSizeIterator<Item = f64> + Clone) -> f64 {
    let highest = photos.clone().fold(f64::NEG_INFINITY, f64::max);
    let count = photos.len() as f64;
    highest + (photos.map(|score| (score - highest).exp()).sum::<f64>() / count).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn person_score_lies_between_mean_and_highest() {
        let score = person_score([1.0, 3.0].into_iter());
        assert!(score > 2.0 && score < 3.0, "{score}");
        assert_eq!(person_score([2.5].into_iter()), 2.5);
    }
}

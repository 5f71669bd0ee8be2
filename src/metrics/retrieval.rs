//! Retrieval metrics: ranks of the relevant items in a list.

/// Returns the average precision of a ranked list, 0 to 1.
///
/// It is the mean, over all `relevant` items, of the precision at the rank of each. An item that is
/// not in the list adds nothing.
///
/// Returns `None` if `relevant` is 0.
///
/// ```
/// use kindred::metrics::average_precision;
///
/// let precision = average_precision([true, false, true], 2);
/// assert_eq!(precision, Some((1.0 + 2.0 / 3.0) / 2.0));
/// ```
pub fn average_precision(
    is_relevant: impl IntoIterator<Item = bool>,
    relevant: usize,
) -> Option<f64> {
    let mut found = 0;
    let mut sum = 0.0;
    for (rank, is_relevant) in (1..).zip(is_relevant) {
        if is_relevant {
            found += 1;
            sum += f64::from(found) / f64::from(rank);
        }
    }
    (relevant > 0).then(|| sum / relevant as f64)
}

/// Returns whether one of the first `k` items is relevant. Its mean over probes is Rank@k.
pub fn is_hit(is_relevant: impl IntoIterator<Item = bool>, k: usize) -> bool {
    is_relevant.into_iter().take(k).any(|is_relevant| is_relevant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_is_averaged_over_all_that_is_relevant() {
        assert_eq!(average_precision([true, true, false], 2), Some(1.0));
        assert_eq!(average_precision([false, true, false, true], 2), Some(0.5));
        assert_eq!(average_precision([true, false], 2), Some(0.5));
        assert_eq!(average_precision([false; 3], 0), None);
    }

    #[test]
    fn a_hit_is_within_the_first_k() {
        assert!(is_hit([false, true], 2));
        assert!(!is_hit([false, true], 1));
    }
}

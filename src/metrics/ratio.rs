//! Ratios of sums over searches, such as the share of searches with a marked person.

/// One search's part of a ratio.
///
/// The ratio is the sum of the numerators over the sum of the denominators.
#[derive(Clone, Copy, Debug)]
pub struct RatioTerm {
    /// Index of the probe's family, from 0.
    pub family: usize,
    /// Contribution to the numerator.
    pub numerator: f64,
    /// Contribution to the denominator.
    pub denominator: f64,
}

impl RatioTerm {
    /// Creates the term of a search in a mean over searches. Its denominator is 1.
    ///
    /// For a share of searches, the numerator is 1 or 0.
    pub fn of_search(family: usize, numerator: f64) -> Self {
        Self { family, numerator, denominator: 1.0 }
    }

    /// Returns the ratio if family f counts `counts[f]` times.
    ///
    /// Returns `None` if the denominators sum to 0.
    pub fn ratio(terms: &[Self], counts: &[f64]) -> Option<f64> {
        let numerator: f64 = terms.iter().map(|term| counts[term.family] * term.numerator).sum();
        let denominator: f64 =
            terms.iter().map(|term| counts[term.family] * term.denominator).sum();
        (denominator > 0.0).then(|| numerator / denominator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_weights_each_search_by_its_family() {
        let terms = [
            RatioTerm { family: 0, numerator: 1.0, denominator: 2.0 },
            RatioTerm { family: 1, numerator: 3.0, denominator: 4.0 },
        ];
        assert_eq!(RatioTerm::ratio(&terms, &[1.0, 1.0]), Some(4.0 / 6.0));
        assert_eq!(RatioTerm::ratio(&terms, &[2.0, 0.0]), Some(0.5));
        assert_eq!(RatioTerm::ratio(&terms, &[0.0, 0.0]), None);
    }
}

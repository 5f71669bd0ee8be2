//! Interpretation of likelihood ratios: for a stated prior, and as text.

use std::fmt;

use super::probability;

/// Upper bound of a reported likelihood ratio; its reciprocal is the lower bound.
///
/// Evidence from faces ends at "moderate support" (ENFSI Guideline for Evaluative Reporting in
/// Forensic Science, 2015).
pub const MAX_LIKELIHOOD_RATIO: f64 = 100.0;

/// Evaluative scale of the ENFSI guideline, up to the support that faces can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Support {
    /// Likelihood ratio below 1/2: evidence for unrelated people.
    Against,
    /// Likelihood ratio from 1/2 to 2: no support either way.
    None,
    /// Likelihood ratio from 2 to 10.
    Weak,
    /// Likelihood ratio from 10 up.
    Moderate,
}

impl Support {
    /// Returns the band of a log likelihood ratio.
    pub fn from_ratio(log_likelihood_ratio: f64) -> Self {
        match log_likelihood_ratio.exp() {
            ratio if ratio < 0.5 => Self::Against,
            ratio if ratio < 2.0 => Self::None,
            ratio if ratio < 10.0 => Self::Weak,
            _ => Self::Moderate,
        }
    }

    /// Returns the name in requests and responses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Against => "against",
            Self::None => "none",
            Self::Weak => "weak",
            Self::Moderate => "moderate",
        }
    }
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Against => "support for unrelated people",
            Self::None => "no support either way",
            Self::Weak => "weak support for kinship",
            Self::Moderate => "moderate support for kinship",
        })
    }
}

/// Returns a log likelihood ratio within the bounds of [`MAX_LIKELIHOOD_RATIO`].
pub fn bounded(log_likelihood_ratio: f64) -> f64 {
    let bound = MAX_LIKELIHOOD_RATIO.ln();
    log_likelihood_ratio.clamp(-bound, bound)
}

/// Returns the probability of kinship of one among `people` searched, 0 to 1.
///
/// The prior is the share of `expected_relatives` among `people`, at most 0.5.
///
/// Returns `None` without a prior: if no relatives are expected, or no people were searched.
///
/// ```
/// use kindred::kinship::{Support, posterior};
///
/// let evidence = 20.0_f64.ln();
/// assert_eq!(Support::from_ratio(evidence), Support::Moderate);
/// // One relative is expected among a thousand people.
/// let probability = posterior(evidence, 1.0, 1000).unwrap();
/// assert!((probability - 0.0196).abs() < 1e-4);
/// ```
pub fn posterior(log_likelihood_ratio: f64, expected_relatives: f64, people: usize) -> Option<f64> {
    if expected_relatives <= 0.0 || people == 0 {
        return None;
    }
    let prior = (expected_relatives / people as f64).min(0.5);
    Some(probability(log_likelihood_ratio + (prior / (1.0 - prior)).ln()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_follow_the_scale_and_end_at_moderate() {
        let bands = [0.3, 0.6, 3.0, 20.0, 1e9].map(|ratio: f64| Support::from_ratio(ratio.ln()));
        let expected =
            [Support::Against, Support::None, Support::Weak, Support::Moderate, Support::Moderate];
        assert_eq!(bands, expected);
    }

    #[test]
    fn evidence_of_one_leaves_the_prior() {
        assert_eq!(posterior(0.0, 1.0, 1000).map(|p| (p * 1e6).round()), Some(1000.0));
        let strong = posterior(MAX_LIKELIHOOD_RATIO.ln(), 1.0, 1000).unwrap();
        assert!(strong > 0.09 && strong < 0.0911, "{strong}");
        assert_eq!(posterior(1.0, 0.0, 1000), None);
        assert_eq!(posterior(1.0, 1.0, 0), None);
    }

    #[test]
    fn ratios_are_bounded_on_both_sides() {
        assert_eq!(bounded(50.0), MAX_LIKELIHOOD_RATIO.ln());
        assert_eq!(bounded(-50.0), -MAX_LIKELIHOOD_RATIO.ln());
    }
}

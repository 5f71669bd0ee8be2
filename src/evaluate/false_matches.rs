//! False matches: unrelated people with photos that score above a threshold.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::metrics::Estimate;

/// Shares of pairs of unrelated people that match at the threshold.
///
/// 1 % of all pairs reach the threshold. A share is `None` if there are too few pairs.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct FalseMatches {
    /// Share of pairs of a photo of the group and any other photo. A search with such a photo
    /// compares these pairs.
    pub with_everyone: Option<Estimate>,
    /// As `with_everyone`, by the cosine.
    pub with_everyone_by_cosine: Option<Estimate>,
    /// Share of pairs with both photos in the group.
    pub within: Option<Estimate>,
    /// As `within`, by the cosine.
    pub within_by_cosine: Option<Estimate>,
}

/// Decision on a pair of photos.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum MatchDecision {
    Match,
    NonMatch,
}

/// Numbers of pairs and of matches, by the two families of a pair.
#[derive(Clone, Default)]
pub(super) struct PairMatches(BTreeMap<[usize; 2], FamilyPair>);

/// Pairs of one group.
#[derive(Clone, Default)]
pub(super) struct GroupMatches {
    pub(super) with_everyone: PairMatches,
    pub(super) within: PairMatches,
}

/// False match rates of one group.
pub(super) struct GroupRates {
    pub(super) with_everyone: Option<f64>,
    pub(super) within: Option<f64>,
}

#[derive(Clone, Copy, Default)]
struct FamilyPair {
    pairs: f64,
    matches: f64,
}

/// False match rate of all pairs, which defines the threshold.
const FALSE_MATCH_RATE: f64 = 0.01;
/// Minimum number of pairs of a group with metrics. Below it, fewer than ten false matches are
/// expected.
const MIN_PAIRS: f64 = 1000.0;

impl FalseMatches {
    /// Collects the rates of both kinds of pairs, by the ensemble and by the cosine.
    pub(super) fn new(
        [with_everyone, by_cosine, within, within_by_cosine]: [Option<Estimate>; 4],
    ) -> Self {
        Self { with_everyone, with_everyone_by_cosine: by_cosine, within, within_by_cosine }
    }
}

impl GroupMatches {
    /// Returns the rates if family f counts `counts[f]` times.
    pub(super) fn rates(&self, counts: &[f64]) -> GroupRates {
        GroupRates {
            with_everyone: self.with_everyone.rate(counts),
            within: self.within.rate(counts),
        }
    }
}

impl MatchDecision {
    /// A score that reaches the threshold is a match.
    pub(super) fn from_score(score: f64, threshold: f64) -> Self {
        if score >= threshold { Self::Match } else { Self::NonMatch }
    }
}

impl PairMatches {
    pub(super) fn add(&mut self, families: [usize; 2], decision: MatchDecision) {
        let counts = self.0.entry(families).or_default();
        counts.pairs += 1.0;
        counts.matches += f64::from(u8::from(decision == MatchDecision::Match));
    }

    /// Returns the share of matches if family f counts `counts[f]` times.
    ///
    /// Returns `None` if there are too few pairs.
    fn rate(&self, counts: &[f64]) -> Option<f64> {
        if self.0.values().map(|families| families.pairs).sum::<f64>() < MIN_PAIRS {
            return None;
        }
        let pairs = self.weighted_sum(counts, |pair| pair.pairs);
        (pairs > 0.0).then(|| self.weighted_sum(counts, |pair| pair.matches) / pairs)
    }

    fn weighted_sum(&self, counts: &[f64], term: fn(&FamilyPair) -> f64) -> f64 {
        self.0.iter().map(|([a, b], pair)| counts[*a] * counts[*b] * term(pair)).sum()
    }
}

/// Returns the highest rate over the mean.
///
/// Returns `None` if fewer than two groups have a rate.
pub(super) fn highest_over_mean(rates: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let rates: Vec<f64> = rates.flatten().collect();
    let mean = rates.iter().sum::<f64>() / rates.len() as f64;
    (rates.len() >= 2 && mean > 0.0).then(|| rates.iter().copied().fold(0.0, f64::max) / mean)
}

/// Returns the score that [`FALSE_MATCH_RATE`] of all scores reach.
pub(super) fn threshold(scores: &[f64]) -> f64 {
    let mut scores = scores.to_vec();
    let rank = (FALSE_MATCH_RATE * scores.len() as f64) as usize;
    if scores.is_empty() {
        return f64::INFINITY;
    }
    *scores.select_nth_unstable_by(rank, |a, b| b.total_cmp(a)).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threshold_is_reached_by_one_percent() {
        let scores: Vec<f64> = (0..1000).map(|i| f64::from(i * 37 % 1000)).collect();
        let threshold = threshold(&scores);
        let reached = scores.iter().filter(|&&score| score >= threshold).count();
        assert_eq!(reached, 11);
    }

    #[test]
    fn share_of_matches_weights_families() {
        let mut pairs = PairMatches::default();
        assert_eq!(pairs.rate(&[1.0; 3]), None);
        for i in 0..2 * MIN_PAIRS as usize {
            let score = if i % 20 == 0 { 1.0 } else { 0.0 };
            pairs.add([0, 1 + i % 2], MatchDecision::from_score(score, 0.5));
        }
        assert_eq!(pairs.rate(&[1.0, 1.0, 1.0]), Some(0.05));
        assert_eq!(pairs.rate(&[1.0, 1.0, 0.0]), Some(0.1));
        assert_eq!(pairs.rate(&[0.0, 1.0, 1.0]), None);
    }

    #[test]
    fn highest_group_stands_out_and_small_ones_do_not_count() {
        let rates = [Some(0.01), Some(0.03), None];
        assert_eq!(highest_over_mean(rates.into_iter()), Some(1.5));
        assert_eq!(highest_over_mean([Some(0.01), None].into_iter()), None);
    }
}

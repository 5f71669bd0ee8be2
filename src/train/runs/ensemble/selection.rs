//! Selection of an ensemble's members and their weights.
//!
//! Members are chosen by their metrics on sources that they were not trained on. The area under the
//! ROC alone would select heads that are unusable in a search. With such heads, strangers of
//! similar age and look rise to the top. Average precision and the true accept rate at a false
//! accept rate of 1 % therefore count as much.

use crate::metrics::Ranking;

/// Metrics of a score on one source.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Criterion {
    pub(crate) auc: f64,
    pub(crate) average_precision: f64,
    pub(crate) true_accepts: f64,
}

/// Scores of one source's pairs.
pub(crate) struct SourceScores<'a> {
    /// Per member, its calibrated log odds of each pair.
    pub(crate) members: &'a [Vec<f64>],
    pub(crate) is_kin: Vec<bool>,
}

/// Steps of the greedy search. Weights are multiples of its reciprocal.
const STEPS: usize = 10;
/// Minimum improvement of the criterion by a step.
const MIN_GAIN: f64 = 1e-4;
/// False accept rate of the criterion's true accept rate.
const STRICT_RATE: f64 = 0.01;

impl Criterion {
    /// Computes the metrics of `scores`. They are zeros without pairs of both kinds.
    pub(crate) fn new(scores: &[f64], is_kin: &[bool]) -> Self {
        let curve = Ranking::new(scores, is_kin).curve();
        let point = curve.at_false_accept_rate(STRICT_RATE);
        Self {
            auc: curve.roc_auc().unwrap_or_default(),
            average_precision: curve.average_precision().unwrap_or_default(),
            true_accepts: point.map(|point| point.true_accept_rate).unwrap_or_default(),
        }
    }

    /// Returns the mean over sources.
    pub(crate) fn mean(sources: impl IntoIterator<Item = Self>) -> Self {
        let mut sum = Self::default();
        let mut count = 0.0;
        for source in sources {
            sum.auc += source.auc;
            sum.average_precision += source.average_precision;
            sum.true_accepts += source.true_accepts;
            count += 1.0;
        }
        let share = 1.0 / f64::max(count, 1.0);
        Self {
            auc: share * sum.auc,
            average_precision: share * sum.average_precision,
            true_accepts: share * sum.true_accepts,
        }
    }

    /// Returns the mean of the three metrics, the value for the choice.
    pub(crate) fn value(self) -> f64 {
        (self.auc + self.average_precision + self.true_accepts) / 3.0
    }
}

/// Selects members and returns their weights, with the sum 1.
///
/// The method is greedy forward selection with replacement (Caruana et al., "Ensemble Selection
/// from Libraries of Models", 2004). Only members with a true `may_join` take part. The search
/// begins with `first`.
pub(crate) fn select(sources: &[SourceScores<'_>], first: usize, may_join: &[bool]) -> Vec<f64> {
    let mut counts = vec![0.0; may_join.len()];
    counts[first] = 1.0;
    let mut sums: Vec<Vec<f64>> =
        sources.iter().map(|source| source.members[first].clone()).collect();
    let mut best_value = mean_value(&sums, sources);
    let mut best_counts = counts.clone();
    for _ in 1..STEPS {
        let candidates = (0..may_join.len()).filter(|&member| may_join[member]);
        let steps = candidates.map(|member| {
            let sums = with_member(&sums, sources, member);
            let value = mean_value(&sums, sources);
            SelectionStep { member, sums, value }
        });
        let Some(step) = steps.max_by(|a, b| a.value.total_cmp(&b.value)) else { break };
        counts[step.member] += 1.0;
        sums = step.sums;
        if step.value > best_value + MIN_GAIN {
            best_value = step.value;
            best_counts.clone_from(&counts);
        }
    }
    let total: f64 = best_counts.iter().sum();
    best_counts.into_iter().map(|count| count / total).collect()
}

/// Candidate step of the greedy search: one more copy of a member.
struct SelectionStep {
    member: usize,
    /// Per source, the sum of the selected members' scores after the step.
    sums: Vec<Vec<f64>>,
    value: f64,
}

/// Returns the value of summed scores, as a mean over sources.
fn mean_value(sums: &[Vec<f64>], sources: &[SourceScores<'_>]) -> f64 {
    let criteria =
        sums.iter().zip(sources).map(|(sum, source)| Criterion::new(sum, &source.is_kin));
    Criterion::mean(criteria).value()
}

/// Adds the scores of a member to the sums of each source.
fn with_member(sums: &[Vec<f64>], sources: &[SourceScores<'_>], member: usize) -> Vec<Vec<f64>> {
    let mut added = sums.to_vec();
    for (sum, source) in added.iter_mut().zip(sources) {
        sum.iter_mut().zip(&source.members[member]).for_each(|(sum, score)| *sum += score);
    }
    added
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the noise of a seed for pair `i`. Kin and other pairs alternate.
    fn noise(seed: usize, i: usize) -> f64 {
        ((i * 37 + seed * 7919) % 1009) as f64 / 504.5 - 1.0
    }

    fn source<'a>(members: &'a [Vec<f64>]) -> SourceScores<'a> {
        let is_kin = (0..members[0].len()).map(|i| i % 2 == 0).collect();
        SourceScores { members, is_kin }
    }

    fn member(seed: usize, strength: f64) -> Vec<f64> {
        let truth = |i: usize| if i.is_multiple_of(2) { strength } else { -strength };
        (0..1000).map(|i| truth(i) + 2.0 * noise(seed, i * i % 997)).collect()
    }

    #[test]
    fn members_that_err_differently_join_and_noise_stays_out() {
        let members = [member(1, 0.5), member(2, 0.5), member(3, 0.0)];
        let weights = select(&[source(&members)], 0, &[true; 3]);
        assert!(weights[0] > 0.0 && weights[1] > 0.0, "{weights:?}");
        assert!(weights[2] < 0.15, "{weights:?}");
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn member_that_helps_one_source_and_harms_another_stays_out() {
        let harmful: Vec<f64> = member(5, 1.0).iter().map(|score| -3.0 * score).collect();
        let [here, there] = [[member(1, 0.5), member(5, 1.0)], [member(2, 0.5), harmful]];
        let weights = select(&[source(&here), source(&there)], 0, &[true; 2]);
        assert_eq!(weights, [1.0, 0.0]);
    }

    #[test]
    fn member_that_may_not_join_has_no_weight() {
        let members = [member(1, 0.5), member(2, 2.0)];
        assert_eq!(select(&[source(&members)], 0, &[true, false]), [1.0, 0.0]);
    }
}

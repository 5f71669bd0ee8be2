//! Rank metrics of the relevant people in search results.

use std::collections::BTreeSet;

use serde::Serialize;

use super::families::ProbeFamilies;
use crate::domain::PersonId;
use crate::metrics::{Estimate, average_precision, is_hit};

/// Metrics for both definitions of relevance.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RetrievalMetrics {
    /// Metrics if the people of the probe's family are relevant.
    pub family: RankMetrics,
    /// Metrics if the probe's listed kin are relevant.
    pub kin: RankMetrics,
}

/// Rank metrics of the relevant people in a list of people.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RankMetrics {
    /// Mean average precision. Relevant people that are not among the candidates add nothing.
    pub mean_average_precision: Estimate,
    /// Share of probes with a relevant person at rank 1.
    pub rank_1: Estimate,
    /// Share of probes with a relevant person in the first five.
    pub rank_5: Estimate,
    /// Share of probes with a relevant person in the first ten.
    pub rank_10: Estimate,
    /// Share of probes with a relevant person in the first twenty.
    pub rank_20: Estimate,
}

/// Metrics of one probe, in the order of [`RankMetrics`].
type RankScores = [f64; 5];

/// Metrics of one probe for both definitions of relevance.
pub(super) struct ProbeMetrics {
    /// Index of the probe's family.
    family: usize,
    by_family: RankScores,
    by_kin: RankScores,
}

/// People that are relevant to a probe.
pub(super) struct RelevantPeople {
    pub(super) family: BTreeSet<PersonId>,
    pub(super) kin: BTreeSet<PersonId>,
}

impl RelevantPeople {
    /// Returns the metrics of a list of people. `family` is the index of the probe's family.
    pub(super) fn metrics(&self, ranked: &[PersonId], family: usize) -> ProbeMetrics {
        ProbeMetrics {
            family,
            by_family: rank_scores(ranked, &self.family),
            by_kin: rank_scores(ranked, &self.kin),
        }
    }
}

fn rank_scores(ranked: &[PersonId], relevant: &BTreeSet<PersonId>) -> RankScores {
    let hits: Vec<bool> = ranked.iter().map(|person| relevant.contains(person)).collect();
    let precision = average_precision(hits.iter().copied(), relevant.len());
    let [rank_1, rank_5, rank_10, rank_20] =
        [1, 5, 10, 20].map(|k| f64::from(u8::from(is_hit(hits.iter().copied(), k))));
    [precision.unwrap_or_default(), rank_1, rank_5, rank_10, rank_20]
}

impl RetrievalMetrics {
    /// Returns the mean metrics of probes, with intervals over their families.
    ///
    /// Returns `None` if there are no probes.
    pub(super) fn new(
        probes: &[ProbeMetrics],
        families: &ProbeFamilies,
        seed: u64,
    ) -> Option<Self> {
        let sample = ProbeSample { probes, families, seed };
        Some(Self {
            family: sample.mean(|probe| &probe.by_family)?,
            kin: sample.mean(|probe| &probe.by_kin)?,
        })
    }
}

/// Metrics of all probes, to average.
struct ProbeSample<'a> {
    probes: &'a [ProbeMetrics],
    families: &'a ProbeFamilies,
    /// Seed of the intervals.
    seed: u64,
}

impl ProbeSample<'_> {
    /// Returns the mean of `scores`.
    fn mean(&self, scores: fn(&ProbeMetrics) -> &RankScores) -> Option<RankMetrics> {
        let means = self.families.bootstrap(self.seed).estimates(|counts| {
            let total: f64 = self.probes.iter().map(|probe| counts[probe.family]).sum();
            std::array::from_fn(|i| {
                let weighted = self.probes.iter().map(|p| counts[p.family] * scores(p)[i]);
                let sum = weighted.sum::<f64>();
                (total > 0.0).then(|| sum / total)
            })
        });
        let [precision, rank_1, rank_5, rank_10, rank_20] = means;
        Some(RankMetrics {
            mean_average_precision: precision?,
            rank_1: rank_1?,
            rank_5: rank_5?,
            rank_10: rank_10?,
            rank_20: rank_20?,
        })
    }
}

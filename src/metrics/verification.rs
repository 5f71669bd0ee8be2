//! All verification metrics at once, with their intervals.

use serde::Serialize;

use super::{
    Bootstrap, Estimate, MonotoneCalibration, Ranking, brier_score, calibration_error, cllr,
    reliability,
};
use crate::domain::Relation;

/// Scored pairs.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    /// Score of each pair; a higher score means more similar.
    ///
    /// [`Pairs::probability_metrics`] expects probabilities, 0 to 1.
    pub scores: Vec<f64>,
    /// Whether each pair is kin.
    pub is_kin: Vec<bool>,
    /// Family indices of each pair's two photos, from 0.
    pub families: Vec<[usize; 2]>,
    /// Relation of each pair. An unrelated pair has the one it would have if it were kin.
    pub relations: Vec<Option<Relation>>,
}

/// Metrics of one relation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RelationMetrics {
    /// Code of the relation, such as `fd`.
    pub relation: String,
    /// Number of photo pairs, both kin and unrelated.
    pub pairs: usize,
    /// Area under the ROC.
    pub roc_auc: Option<Estimate>,
    /// Area under the ROC of the cosine.
    pub cosine_roc_auc: Option<Estimate>,
    /// Balanced accuracy at the threshold: kin pairs and unrelated pairs have equal total weight.
    pub accuracy: Option<Estimate>,
}

/// Separation of kin pairs and unrelated pairs by score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RankingMetrics {
    /// Area under the receiver operating characteristic.
    pub roc_auc: Estimate,
    /// Average precision.
    pub average_precision: Estimate,
    /// True accept rate at a false accept rate of 1 %.
    pub true_accepts_at_1_percent: Estimate,
    /// True accept rate at a false accept rate of 0.1 %.
    pub true_accepts_at_0_1_percent: Estimate,
}

/// Accuracy and calibration of probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ProbabilityMetrics {
    /// Balanced accuracy at the threshold: kin pairs and unrelated pairs have equal total weight.
    pub accuracy: Estimate,
    /// Mean squared error of the probability.
    pub brier_score: Estimate,
    /// Expected calibration error over [`BINS`] bins.
    pub calibration_error: Estimate,
}

/// Cost of log likelihood ratios, in bits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LikelihoodMetrics {
    /// Cost of the ratios: 1 if they carry no information.
    pub cllr: Estimate,
    /// Cost of the best monotone calibration of the same scores.
    pub min_cllr: Estimate,
}

/// Number of bins of the calibration error.
pub const BINS: usize = 10;

impl RankingMetrics {
    /// Collects area, average precision, and true accept rates at 1 % and 0.1 %.
    fn new([auc, precision, at_1, at_0_1]: [Option<Estimate>; 4]) -> Option<Self> {
        Some(Self {
            roc_auc: auc?,
            average_precision: precision?,
            true_accepts_at_1_percent: at_1?,
            true_accepts_at_0_1_percent: at_0_1?,
        })
    }
}

impl Pairs {
    /// Returns the metrics of a ranking by score. `seed` is the seed of the intervals.
    ///
    /// Returns `None` without pairs of both kinds.
    pub fn ranking_metrics(&self, seed: u64) -> Option<RankingMetrics> {
        let ranking = Ranking::new(&self.scores, &self.is_kin);
        RankingMetrics::new(self.bootstrap(seed).estimates(|counts| self.ranking(&ranking, counts)))
    }

    /// Returns the metrics of these scores minus those of `baseline` on the same pairs.
    ///
    /// Returns `None` without pairs of both kinds.
    pub fn ranking_gain(&self, baseline: &[f64], seed: u64) -> Option<RankingMetrics> {
        let rankings = [&self.scores, baseline].map(|scores| Ranking::new(scores, &self.is_kin));
        let gains = self.bootstrap(seed).estimates(|counts| {
            let [scores, baseline] =
                rankings.each_ref().map(|ranking| self.ranking(ranking, counts));
            std::array::from_fn(|i| Some(scores[i]? - baseline[i]?))
        });
        RankingMetrics::new(gains)
    }

    /// Returns area under the ROC, average precision, and two true accept rates.
    ///
    /// The true accept rates are those at false accept rates of 1 % and 0.1 %.
    fn ranking(&self, ranking: &Ranking, counts: &[f64]) -> [Option<f64>; 4] {
        let curve = ranking.weighted_curve(|i| self.weight(i, counts));
        let [accepts_at_1, accepts_at_0_1] = [0.01, 0.001]
            .map(|rate| curve.at_false_accept_rate(rate).map(|point| point.true_accept_rate));
        [curve.roc_auc(), curve.average_precision(), accepts_at_1, accepts_at_0_1]
    }

    /// Returns the metrics of probabilities with the decision threshold `threshold`.
    ///
    /// Returns `None` without pairs of both kinds.
    pub fn probability_metrics(&self, threshold: f64, seed: u64) -> Option<ProbabilityMetrics> {
        let ranking = Ranking::new(&self.scores, &self.is_kin);
        let [accuracy, brier_score, calibration_error] = self.bootstrap(seed).estimates(|counts| {
            let weight = |i| self.weight(i, counts);
            let bins = reliability(&self.scores, &self.is_kin, BINS, weight);
            [
                ranking.weighted_curve(weight).accuracy(threshold),
                brier_score(&self.scores, &self.is_kin, weight),
                calibration_error(&bins),
            ]
        });
        Some(ProbabilityMetrics {
            accuracy: accuracy?,
            brier_score: brier_score?,
            calibration_error: calibration_error?,
        })
    }

    /// Returns the cost of the scores as log likelihood ratios. `seed` is the seed of the
    /// intervals.
    ///
    /// Returns `None` without pairs of both kinds.
    pub fn likelihood_metrics(&self, seed: u64) -> Option<LikelihoodMetrics> {
        let monotone = MonotoneCalibration::new(&self.scores, &self.is_kin);
        let [cllr, min_cllr] = self.bootstrap(seed).estimates(|counts| {
            let weight = |i| self.weight(i, counts);
            [cllr(&self.scores, &self.is_kin, weight), monotone.min_cllr(weight)]
        });
        Some(LikelihoodMetrics { cllr: cllr?, min_cllr: min_cllr? })
    }

    /// Returns the metrics of every relation, in the order of the RFIW tables.
    ///
    /// `cosines` are the same pairs scored by their cosines. `threshold` is the decision threshold
    /// of probabilities, and `seed` that of the intervals.
    pub fn relation_metrics(
        &self,
        cosines: &Self,
        threshold: f64,
        seed: u64,
    ) -> Vec<RelationMetrics> {
        let mut metrics = Vec::new();
        for relation in Relation::ALL {
            let pairs = self.of_relation(relation);
            if pairs.scores.is_empty() {
                continue;
            }
            let probabilities = pairs.probability_metrics(threshold, seed);
            metrics.push(RelationMetrics {
                relation: relation.code().to_owned(),
                pairs: pairs.scores.len(),
                roc_auc: pairs.roc_auc(seed),
                cosine_roc_auc: cosines.of_relation(relation).roc_auc(seed),
                accuracy: probabilities.map(|metrics| metrics.accuracy),
            });
        }
        metrics
    }

    fn of_relation(&self, relation: Relation) -> Self {
        self.filtered(|i| self.relations[i] == Some(relation))
    }

    fn roc_auc(&self, seed: u64) -> Option<Estimate> {
        self.ranking_metrics(seed).map(|metrics| metrics.roc_auc)
    }

    /// Returns the pairs that the predicate selects by index.
    pub fn filtered(&self, is_selected: impl Fn(usize) -> bool) -> Self {
        let mut selected = Self::default();
        for i in (0..self.scores.len()).filter(|&i| is_selected(i)) {
            selected.scores.push(self.scores[i]);
            selected.is_kin.push(self.is_kin[i]);
            selected.families.push(self.families[i]);
            selected.relations.push(self.relations[i]);
        }
        selected
    }

    fn bootstrap(&self, seed: u64) -> Bootstrap {
        let families = self.families.iter().flatten().max().map_or(0, |last| last + 1);
        Bootstrap::new(families, seed)
    }

    /// Returns the weight of a pair, from the counts of its families.
    ///
    /// A pair of two families counts by the product of both counts.
    fn weight(&self, i: usize, counts: &[f64]) -> f64 {
        let [a, b] = self.families[i];
        if a == b { counts[a] } else { counts[a] * counts[b] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Interval;

    /// Each family has two kin photos, and an unrelated pair with the next family. Kin score
    /// higher, with few exceptions.
    fn pairs(families: usize) -> Pairs {
        let mut pairs = Pairs::default();
        for family in 0..families {
            for (is_kin, other) in [(true, family), (false, (family + 1) % families)] {
                pairs.scores.push(if is_kin == (family % 5 != 0) { 0.8 } else { 0.2 });
                pairs.is_kin.push(is_kin);
                pairs.families.push([family, other]);
                pairs.relations.push(None);
            }
        }
        pairs
    }

    #[test]
    fn an_interval_holds_its_estimate_and_narrows_with_more_families() {
        let width = |families| {
            let estimate = pairs(families).ranking_metrics(1).unwrap().roc_auc;
            let Interval { low, high } = estimate.interval;
            assert!(low < estimate.value && estimate.value < high, "{estimate:?}");
            high - low
        };
        assert!(width(200) < 0.6 * width(40));
    }

    #[test]
    fn probabilities_that_are_right_four_times_of_five_say_so() {
        let metrics = pairs(100).probability_metrics(0.5, 1).unwrap();
        assert!((metrics.accuracy.value - 0.8).abs() < 1e-12);
        assert!(metrics.calibration_error.value < 1e-12);
        assert!((metrics.brier_score.value - 0.16).abs() < 1e-12);
    }

    #[test]
    fn pairs_of_one_kind_have_no_metrics() {
        let kin = pairs(10).filtered(|i| i % 2 == 0);
        assert_eq!((kin.ranking_metrics(1), kin.probability_metrics(0.5, 1)), (None, None));
        assert_eq!(Pairs::default().ranking_metrics(1), None);
    }
}

//! Decision whether an ensemble may become a bundle.

use super::pair_set::PairSet;
use super::selection::Criterion;
use serde::Serialize;

use crate::metrics::{Bootstrap, Estimate, RatioTerm};

/// Decision whether an ensemble may be written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// Objections to the ensemble. It may be written if there are none.
    pub objections: Vec<String>,
}

/// Scores of one source's pairs, and the searches in it.
pub(crate) struct ComparedScores<'a> {
    pub(crate) source: &'a str,
    /// Number of families of the source.
    pub(crate) families: usize,
    pub(crate) pair_set: &'a PairSet,
    pub(crate) ensemble: &'a [f64],
    pub(crate) regression: &'a [f64],
    /// Per probe, whether a relative is among the first ten people.
    pub(crate) ensemble_hits: &'a [RatioTerm],
    /// The same for the cosine and the same probes.
    pub(crate) cosine_hits: &'a [RatioTerm],
    pub(crate) seed: u64,
}

/// Metrics of an ensemble on one source, compared with those of the baselines.
#[derive(Clone, Debug)]
pub(crate) struct BaselineComparison {
    source: String,
    ensemble: Criterion,
    regression: Criterion,
    cosine: Criterion,
    /// Rank@10 of the ensemble and of the cosine.
    ///
    /// Rank@10 is the share of probes with a relative among the first ten.
    rank_10: [f64; 2],
    gains: Gains,
}

/// Gains of the ensemble, with intervals over families. `None` if not measured.
#[derive(Clone, Copy, Debug, Default)]
struct Gains {
    /// Gain in AUC over the plain regression.
    auc: Option<Estimate>,
    /// Gain in TAR at FAR 1 % over the cosine.
    true_accepts: Option<Estimate>,
    /// Gain in Rank@10 over the cosine.
    rank_10: Option<Estimate>,
}

/// Minimum area under the ROC of the ensemble, above that of chance.
const MIN_AUC: f64 = 0.52;

/// Tolerated loss in Rank@10 against the cosine.
///
/// One standard error of a share of 1,200 probes is 0.014.
const RANK_TOLERANCE: f64 = 0.01;

impl BaselineComparison {
    pub(crate) fn new(scores: &ComparedScores<'_>) -> Self {
        let ComparedScores { pair_set, ensemble, regression, seed, .. } = *scores;
        let cosine = pair_set.cosines.first().map(Vec::as_slice).unwrap_or_default();
        let is_kin = pair_set.is_kin();
        let pairs = pair_set.scored(ensemble);
        let mut gained_hits = Vec::new();
        for (hit, cosine_hit) in scores.ensemble_hits.iter().zip(scores.cosine_hits) {
            let numerator = hit.numerator - cosine_hit.numerator;
            gained_hits.push(RatioTerm { numerator, ..*hit });
        }
        let [rank_10] = Bootstrap::new(scores.families, seed)
            .estimates(|counts| [RatioTerm::ratio(&gained_hits, counts)]);
        let counts = vec![1.0; scores.families];
        Self {
            source: scores.source.to_owned(),
            ensemble: Criterion::new(ensemble, &is_kin),
            regression: Criterion::new(regression, &is_kin),
            cosine: Criterion::new(cosine, &is_kin),
            rank_10: [scores.ensemble_hits, scores.cosine_hits]
                .map(|hits| RatioTerm::ratio(hits, &counts).unwrap_or_default()),
            gains: Gains {
                auc: pairs.ranking_gain(regression, seed).map(|gain| gain.roc_auc),
                true_accepts: pairs
                    .ranking_gain(cosine, seed)
                    .map(|gain| gain.true_accepts_at_1_percent),
                rank_10,
            },
        }
    }

    /// Returns the objections of the source: losses beyond chance.
    fn losses(&self) -> impl Iterator<Item = String> {
        let Gains { auc, true_accepts, rank_10 } = self.gains;
        let gains = [
            ("AUC", auc, "the plain regression's"),
            ("TAR at FAR 1 %", true_accepts, "the cosine's"),
            ("Rank@10 of listed kin", rank_10, "the cosine's"),
        ];
        gains.into_iter().filter_map(|(metric, gain, floor)| {
            let gain = gain.filter(|gain| gain.interval.high < 0.0)?;
            Some(format!("{metric} on {}: {gain} next to {floor}", self.source))
        })
    }
}

impl Verdict {
    /// Decides whether an ensemble may be written.
    ///
    /// Over all sources, it must be no worse than the plain regression. A search by it must find at
    /// least as many relatives as a search by the cosine. It must not lose on any source beyond
    /// chance.
    pub(crate) fn new(sources: &[BaselineComparison]) -> Self {
        let ensemble = Criterion::mean(sources.iter().map(|source| source.ensemble));
        let regression = Criterion::mean(sources.iter().map(|source| source.regression));
        let cosine = Criterion::mean(sources.iter().map(|source| source.cosine));
        let [rank_10, cosine_rank_10] = [0, 1].map(|i| {
            sources.iter().map(|source| source.rank_10[i]).sum::<f64>() / sources.len() as f64
        });
        let requirements = [
            Requirement { metric: "AUC", found: ensemble.auc, min: MIN_AUC, floor: "needed" },
            Requirement {
                metric: "mean of AUC, average precision and TAR at FAR 1 %",
                found: ensemble.value(),
                min: regression.value(),
                floor: "plain regression",
            },
            Requirement {
                metric: "TAR at FAR 1 %",
                found: ensemble.true_accepts,
                min: cosine.true_accepts,
                floor: "cosine",
            },
            Requirement {
                metric: "Rank@10 of listed kin",
                found: rank_10,
                min: cosine_rank_10 - RANK_TOLERANCE,
                floor: "cosine less 0.01",
            },
        ];
        let mut objections: Vec<String> =
            requirements.iter().filter_map(Requirement::objection).collect();
        objections.extend(sources.iter().flat_map(BaselineComparison::losses));
        Self { objections }
    }
}

/// Minimum value of one metric of the ensemble.
struct Requirement {
    metric: &'static str,
    found: f64,
    min: f64,
    /// Source of the minimum.
    floor: &'static str,
}

impl Requirement {
    fn objection(&self) -> Option<String> {
        let Self { metric, found, min, floor } = self;
        (found < min).then(|| format!("{metric} {found:.3}, {floor} {min:.3}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Interval;

    fn criterion(auc: f64, true_accepts: f64) -> Criterion {
        Criterion { auc, average_precision: auc, true_accepts }
    }

    fn comparison() -> BaselineComparison {
        BaselineComparison {
            source: "here".to_owned(),
            ensemble: criterion(0.80, 0.17),
            regression: criterion(0.80, 0.16),
            cosine: criterion(0.76, 0.165),
            rank_10: [0.42, 0.41],
            gains: Gains::default(),
        }
    }

    fn objections(sources: &[BaselineComparison]) -> Vec<String> {
        Verdict::new(sources).objections
    }

    #[test]
    fn better_ensemble_is_accepted() {
        assert!(objections(&[comparison()]).is_empty());
    }

    #[test]
    fn ensemble_below_the_regression_is_refused() {
        let worse = BaselineComparison { regression: criterion(0.83, 0.16), ..comparison() };
        assert!(objections(&[worse])[0].contains("plain regression"));
    }

    #[test]
    fn higher_auc_does_not_excuse_a_worse_strict_end() {
        let worse = BaselineComparison { ensemble: criterion(0.9, 0.1), ..comparison() };
        let found = objections(&[worse]);
        assert!(found.len() == 1 && found[0].starts_with("TAR"), "{found:?}");
        let worse = BaselineComparison { rank_10: [0.3, 0.41], ..comparison() };
        assert!(objections(&[worse])[0].starts_with("Rank@10"));
    }

    #[test]
    fn gain_on_one_source_does_not_excuse_a_loss_on_another() {
        let gain = |value: f64, low: f64, high: f64| {
            let gains = Gains {
                rank_10: Some(Estimate { value, interval: Interval { low, high } }),
                ..Gains::default()
            };
            BaselineComparison { gains, ..comparison() }
        };
        let gained = gain(0.1, 0.05, 0.15);
        let lost = BaselineComparison { source: "there".to_owned(), ..gain(-0.08, -0.12, -0.03) };
        let found = objections(&[gained.clone(), lost]);
        assert_eq!(
            found,
            ["Rank@10 of listed kin on there: -0.080 [-0.120, -0.030] next to the cosine's"]
        );
        // A loss that may be absent for other families.
        assert!(objections(&[gained, gain(-0.02, -0.05, 0.01)]).is_empty());
    }

    #[test]
    fn chance_is_refused() {
        let chance = criterion(0.5, 0.01);
        let nothing = BaselineComparison {
            ensemble: chance,
            regression: chance,
            cosine: chance,
            rank_10: [0.1, 0.1],
            ..comparison()
        };
        assert!(objections(&[nothing])[0].starts_with("AUC"));
    }
}

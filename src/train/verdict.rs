//! Whether an ensemble may become a bundle.

use super::report::Verdict;
use super::selection::Criterion;

/// What an ensemble does on the evaluated sources, next to what is there without it; means over the sources.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comparison {
    pub(super) ensemble: Criterion,
    pub(super) regression: Criterion,
    pub(super) cosine: Criterion,
    /// Share of probes with a relative among the first ten, by the ensemble and by the cosine.
    pub(super) rank_10: [f64; 2],
}

/// The ensemble has to be better than chance by this much in its area under the ROC.
const MIN_AUC: f64 = 0.52;

/// Rank@10 may be lower than the cosine's by this much: one standard error of a share of 1,200 probes is 0.014.
const RANK_TOLERANCE: f64 = 0.01;

impl Comparison {
    /// An ensemble may be written if it is no worse than the plain regression, and if a search finds at least as many
    /// relatives by it as by the cosine.
    pub(super) fn verdict(&self) -> Verdict {
        let mut objections = Vec::new();
        let mut object = |figure: &str, found: f64, least: f64, of: &str| {
            if found < least {
                objections.push(format!("{figure} {found:.3}, {of} {least:.3}"));
            }
        };
        object("AUC", self.ensemble.auc, MIN_AUC, "needed");
        let [ensemble, regression] = [self.ensemble, self.regression].map(Criterion::value);
        let mean = "mean of AUC, average precision and TAR at FAR 1 %";
        object(mean, ensemble, regression, "plain regression");
        let [found, least] = [self.ensemble, self.cosine].map(|figures| figures.true_accepts);
        object("TAR at FAR 1 %", found, least, "cosine");
        let [found, least] = self.rank_10;
        object("Rank@10 of listed kin", found, least - RANK_TOLERANCE, "cosine less 0.01");
        Verdict { objections }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(auc: f64, true_accepts: f64) -> Criterion {
        Criterion { auc, average_precision: auc, true_accepts }
    }

    fn comparison() -> Comparison {
        Comparison {
            ensemble: figures(0.80, 0.17),
            regression: figures(0.80, 0.16),
            cosine: figures(0.76, 0.165),
            rank_10: [0.42, 0.41],
        }
    }

    #[test]
    fn better_ensemble_is_accepted() {
        assert!(comparison().verdict().objections.is_empty());
    }

    #[test]
    fn ensemble_below_the_regression_is_refused() {
        let worse = Comparison { regression: figures(0.83, 0.16), ..comparison() };
        assert!(worse.verdict().objections[0].contains("plain regression"));
    }

    #[test]
    fn higher_auc_does_not_excuse_a_worse_strict_end() {
        let worse = Comparison { ensemble: figures(0.9, 0.1), ..comparison() };
        let objections = worse.verdict().objections;
        assert!(objections.len() == 1 && objections[0].starts_with("TAR"), "{objections:?}");
        let worse = Comparison { rank_10: [0.3, 0.41], ..comparison() };
        assert!(worse.verdict().objections[0].starts_with("Rank@10"));
    }

    #[test]
    fn chance_is_refused() {
        let chance = figures(0.5, 0.01);
        let nothing = Comparison {
            ensemble: chance,
            regression: chance,
            cosine: chance,
            rank_10: [0.1, 0.1],
        };
        assert!(nothing.verdict().objections[0].starts_with("AUC"));
    }
}

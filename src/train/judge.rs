//! The folds' test families, judged by members that never saw them.

use super::fit::{Combination, Fitted, Panel};
use crate::dataset::PhotoPair;
use crate::kinship::probability;
use crate::metrics::{Pairs, Ranking};

/// What every fold says of its test families, in one list.
#[derive(Default)]
pub(super) struct Judged {
    pub(super) pairs: Vec<PhotoPair>,
    /// Per backbone.
    pub(super) cosines: Vec<Vec<f64>>,
    /// Per member, its calibrated log odds.
    pub(super) members: Vec<Vec<f64>>,
    /// The ensembles' probabilities.
    pub(super) mean: Vec<f64>,
    pub(super) weighted: Vec<f64>,
    /// Where each fold begins.
    pub(super) folds: Vec<usize>,
}

impl Judged {
    /// Adds a fold's test families.
    pub(super) fn add(&mut self, panel: Panel, fitted: &Fitted) {
        self.folds.push(self.pairs.len());
        let probabilities = |by: &Combination| {
            let joined = panel.joined(&fitted.calibrations, by);
            joined.into_iter().map(probability).collect::<Vec<_>>()
        };
        self.mean.extend(probabilities(&fitted.mean));
        self.weighted.extend(probabilities(&fitted.weighted));
        self.cosines.resize(panel.cosines.len().max(self.cosines.len()), Vec::new());
        self.members.resize(panel.scores.len().max(self.members.len()), Vec::new());
        for (all, cosines) in self.cosines.iter_mut().zip(panel.cosines) {
            all.extend(cosines);
        }
        let calibrated = panel.scores.iter().zip(&fitted.calibrations);
        for (all, (scores, calibration)) in self.members.iter_mut().zip(calibrated) {
            all.extend(scores.iter().map(|&score| calibration.log_odds(score)));
        }
        self.pairs.extend(panel.pairs);
    }

    /// The pairs with these scores, one a pair.
    pub(super) fn scored(&self, scores: &[f64]) -> Pairs {
        Pairs {
            scores: scores.to_vec(),
            is_kin: self.pairs.iter().map(|pair| pair.is_kin).collect(),
            families: self.pairs.iter().map(|pair| pair.families).collect(),
            relations: self.pairs.iter().map(|pair| pair.relation).collect(),
        }
    }

    /// Per fold the area under the ROC of these scores; None where a fold has no pairs.
    pub(super) fn fold_aucs(&self, scores: &[f64]) -> Vec<Option<f64>> {
        let ends = self.folds.iter().skip(1).copied().chain([self.pairs.len()]);
        let auc = |(start, end): (&usize, usize)| {
            let is_kin: Vec<bool> =
                self.pairs[*start..end].iter().map(|pair| pair.is_kin).collect();
            Ranking::new(&scores[*start..end], &is_kin).curve().roc_auc()
        };
        self.folds.iter().zip(ends).map(auc).collect()
    }
}

/// The cosine in the retrieval space that one in a thousand photo pairs of kin reaches: a higher one is of one person.
pub(super) fn same_person_threshold(calibration: &Panel) -> f64 {
    let kin = calibration.pairs.iter().zip(&calibration.cosines[0]);
    let mut cosines: Vec<f64> =
        kin.filter(|(pair, _)| pair.is_kin).map(|(_, &cosine)| cosine).collect();
    cosines.sort_by(f64::total_cmp);
    cosines[(cosines.len() - 1) * 999 / 1000]
}

//! Error rates of open-set identification, with confidence intervals.

use serde::Serialize;

use super::det::{DetPoint, det, fnir_at_fpir};
use super::families::ProbeFamilies;
use super::identification_searches::Searches;
use crate::metrics::{Curve, Estimate, RatioTerm};

/// Error rates of searches in galleries of one size, with intervals over families.
#[derive(Clone, Debug, Serialize)]
pub struct GallerySizeMetrics {
    /// Number of people in the gallery.
    ///
    /// Searches among all people leave out the probe's own person. Non-mated ones leave out the
    /// family, too.
    pub people: usize,
    /// Number of searches with listed kin of the probe in the gallery.
    pub mated: usize,
    /// Number of searches without the probe's family.
    pub non_mated: usize,
    /// Share of non-mated searches with a marked person, at the nominal rate.
    pub fpir: Option<Estimate>,
    /// Share of mated searches without a marked relative, at the nominal rate.
    pub fnir: Option<Estimate>,
    /// FNIR at the threshold with a measured FPIR of 1 %.
    ///
    /// `None` with fewer than 100 non-mated searches.
    pub fnir_at_fpir_1_percent: Option<Estimate>,
    /// FNIR at the threshold with a measured FPIR of 10 %.
    ///
    /// `None` with fewer than 10 non-mated searches.
    pub fnir_at_fpir_10_percent: Option<Estimate>,
    /// Share of listed kin among the people marked in mated searches, at the nominal rate.
    ///
    /// The family's people that are not listed as kin do not count.
    pub precision: Option<Estimate>,
    /// Mean number of marked people in a mated search, at the nominal rate.
    ///
    /// All of the family's people count.
    pub mean_marked: Option<Estimate>,
    /// Share of mated searches with a relative among the first ten people.
    pub rank_10: Option<Estimate>,
    /// Detection error tradeoff curve, by increasing FPIR.
    pub det: Vec<DetPoint>,
}

impl GallerySizeMetrics {
    /// Computes the metrics of searches in galleries of `people`.
    pub(super) fn new(
        people: usize,
        searches: &Searches,
        families: &ProbeFamilies,
        seed: u64,
    ) -> Self {
        let fpir = searches.fpir();
        let fnir = searches.fnir();
        let precision = searches.precision();
        let mean_marked = searches.mean_marked();
        let rank_10 = searches.shortlisted();
        let ranking = searches.ranking();
        let search_families = searches.families();
        let non_mated = searches.non_mated_count();
        let metrics = families.bootstrap(seed).estimates(|counts| {
            let curve = ranking.weighted_curve(|i| counts[search_families[i]]);
            [
                RatioTerm::ratio(&fpir, counts),
                RatioTerm::ratio(&fnir, counts),
                measurable_fnir(&curve, 0.01, non_mated),
                measurable_fnir(&curve, 0.1, non_mated),
                RatioTerm::ratio(&precision, counts),
                RatioTerm::ratio(&mean_marked, counts),
                RatioTerm::ratio(&rank_10, counts),
            ]
        });
        let [fpir, fnir, at_1_percent, at_10_percent, precision, mean_marked, rank_10] = metrics;
        Self {
            people,
            mated: searches.mated_count(),
            non_mated,
            fpir,
            fnir,
            fnir_at_fpir_1_percent: at_1_percent,
            fnir_at_fpir_10_percent: at_10_percent,
            precision,
            mean_marked,
            rank_10,
            det: det(&ranking.curve()),
        }
    }
}

/// Returns the lowest FNIR of a threshold with a measured FPIR of at most `rate`.
///
/// Returns `None` if one of the non-mated searches is a higher share than `rate`.
fn measurable_fnir(curve: &Curve, rate: f64, non_mated: usize) -> Option<f64> {
    let is_measurable = rate * non_mated as f64 >= 1.0;
    is_measurable.then(|| fnir_at_fpir(curve, rate)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::identification_searches::{KinStatus, RankedPerson};
    use crate::search::{KinshipEvidence, PersonMatch};

    /// A found person, marked if there are chance matches.
    fn ranked(id: &str, chance_matches: Option<f64>) -> RankedPerson {
        let kinship = KinshipEvidence {
            log_likelihood_ratio: 0.0,
            chance_matches,
            probability: None,
            is_kin: chance_matches.is_some(),
            typicality: 1.0,
            members: Vec::new(),
        };
        RankedPerson::from(&PersonMatch {
            person: id.parse().unwrap(),
            score: 0.0,
            cosine: 0.0,
            kinship: Some(kinship),
            photos: Vec::new(),
            listed_kin: Vec::new(),
        })
    }

    #[test]
    fn family_people_who_are_not_listed_do_not_count_in_precision() {
        let marked = ["F0001/MID2", "F0001/MID3", "F0002/MID1"].map(|id| ranked(id, Some(0.1)));
        let ranked = [marked.as_slice(), &[ranked("F0003/MID1", None)]].concat();
        let mut searches = Searches::default();
        searches.add_mated(0, &ranked, |person| match person.to_string().as_str() {
            "F0001/MID2" => KinStatus::Listed,
            "F0001/MID3" => KinStatus::Possible,
            _ => KinStatus::Stranger,
        });
        let families = ProbeFamilies::new(["F0001/MID1".parse().unwrap()].into_iter());
        let metrics = GallerySizeMetrics::new(4, &searches, &families, 1);
        assert_eq!(metrics.precision.unwrap().value, 0.5);
        assert_eq!(metrics.mean_marked.unwrap().value, 3.0);
        assert_eq!(metrics.fnir.unwrap().value, 0.0);
        assert!(metrics.fpir.is_none() && metrics.fnir_at_fpir_10_percent.is_none());
    }
}

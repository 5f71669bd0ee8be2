//! Error rates of open-set identification, and their dependence on the threshold.

use serde::Serialize;

use super::families::ProbeFamilies;
use crate::domain::PersonId;
use crate::metrics::{Curve, CurvePoint, Estimate, Ranking, RatioTerm, is_hit};
use crate::search::PersonMatch;

/// Length of a shortlist.
const SHORTLIST: usize = 10;
/// Maximum number of points of a detection error tradeoff curve.
const DET_POINTS: usize = 50;

/// Error rates of searches in galleries of one size, with intervals over families.
#[derive(Clone, Debug, Serialize)]
pub struct GallerySizeFigures {
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

/// Error rates at one threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DetPoint {
    /// Share of non-mated searches with a marked person, 0 to 1.
    pub fpir: f64,
    /// Share of mated searches without a marked relative, 0 to 1.
    pub fnir: f64,
    /// Threshold: people with at most this number of expected chance matches are marked.
    pub chance_matches: f64,
}

/// Relationship of a person to the probe, according to the gallery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KinStatus {
    /// Listed as kin.
    Listed,
    /// Of the probe's family, but not listed as kin.
    Possible,
    /// Of another family, and not listed as kin.
    Stranger,
}

/// A person that a search found.
#[derive(Clone, Copy, Debug)]
pub(super) struct RankedPerson {
    person: PersonId,
    /// Ranking score.
    pub(super) score: f64,
    /// Expected chance matches, 0 or more; infinite if no threshold can mark the person.
    chance_matches: f64,
    is_marked: bool,
}

/// Results of the searches in galleries of one size.
#[derive(Default)]
pub(super) struct Searches {
    mated: Vec<MatedSearch>,
    non_mated: Vec<NonMatedSearch>,
}

struct MatedSearch {
    family: usize,
    /// Fewest chance matches of a listed relative; infinite if none was found.
    fewest_chance_matches: f64,
    marked_relatives: usize,
    marked_strangers: usize,
    /// All marked people.
    marked: usize,
    has_relative_on_shortlist: bool,
}

struct NonMatedSearch {
    family: usize,
    /// Fewest chance matches of a person; infinite if no one was found.
    fewest_chance_matches: f64,
    has_marked: bool,
}

impl From<&PersonMatch> for RankedPerson {
    fn from(found: &PersonMatch) -> Self {
        let kinship = found.kinship.as_ref();
        Self {
            person: found.person,
            score: found.score,
            chance_matches: kinship.and_then(|k| k.chance_matches).unwrap_or(f64::INFINITY),
            is_marked: kinship.is_some_and(|kinship| kinship.is_kin),
        }
    }
}

impl Searches {
    /// Adds a search with listed kin in the gallery. `ranked` is in descending order of score.
    pub(super) fn add_mated(
        &mut self,
        family: usize,
        ranked: &[RankedPerson],
        status_of: impl Fn(PersonId) -> KinStatus,
    ) {
        let is_relative = |found: &&RankedPerson| status_of(found.person) == KinStatus::Listed;
        let marked = |status: KinStatus| {
            ranked
                .iter()
                .filter(|found| found.is_marked && status_of(found.person) == status)
                .count()
        };
        self.mated.push(MatedSearch {
            family,
            fewest_chance_matches: fewest_chance_matches(ranked.iter().filter(is_relative)),
            marked_relatives: marked(KinStatus::Listed),
            marked_strangers: marked(KinStatus::Stranger),
            marked: ranked.iter().filter(|found| found.is_marked).count(),
            has_relative_on_shortlist: is_hit(
                ranked.iter().map(|found| is_relative(&found)),
                SHORTLIST,
            ),
        });
    }

    /// Adds a search among strangers.
    pub(super) fn add_non_mated(&mut self, family: usize, ranked: &[RankedPerson]) {
        self.non_mated.push(NonMatedSearch {
            family,
            fewest_chance_matches: fewest_chance_matches(ranked.iter()),
            has_marked: ranked.iter().any(|found| found.is_marked),
        });
    }

    fn mated_terms(&self, term: impl Fn(&MatedSearch) -> RatioTerm) -> Vec<RatioTerm> {
        self.mated.iter().map(term).collect()
    }

    /// Returns the family of each search, mated ones first.
    fn families(&self) -> Vec<usize> {
        let non_mated = self.non_mated.iter().map(|search| search.family);
        self.mated.iter().map(|search| search.family).chain(non_mated).collect()
    }

    /// Ranks all searches by their fewest chance matches, in the order of [`Self::families`].
    fn ranking(&self) -> Ranking {
        let mated = self.mated.iter().map(|search| search.fewest_chance_matches);
        let non_mated = self.non_mated.iter().map(|search| search.fewest_chance_matches);
        let mut is_mated = vec![true; self.mated.len()];
        is_mated.resize(self.mated.len() + self.non_mated.len(), false);
        let scores: Vec<f64> = mated.chain(non_mated).map(|matches| -matches).collect();
        Ranking::new(&scores, &is_mated)
    }
}

fn fewest_chance_matches<'a>(found: impl Iterator<Item = &'a RankedPerson>) -> f64 {
    found.map(|found| found.chance_matches).fold(f64::INFINITY, f64::min)
}

impl GallerySizeFigures {
    /// Computes the metrics of searches in galleries of `people`.
    pub(super) fn new(
        people: usize,
        searches: &Searches,
        families: &ProbeFamilies,
        seed: u64,
    ) -> Self {
        let fpir: Vec<RatioTerm> = searches
            .non_mated
            .iter()
            .map(|search| RatioTerm::of_search(search.family, f64::from(search.has_marked)))
            .collect();
        let fnir = searches.mated_terms(|search| {
            RatioTerm::of_search(search.family, f64::from(search.marked_relatives == 0))
        });
        let precision = searches.mated_terms(|search| RatioTerm {
            family: search.family,
            numerator: search.marked_relatives as f64,
            denominator: (search.marked_relatives + search.marked_strangers) as f64,
        });
        let mean_marked = searches.mated_terms(|search| RatioTerm {
            family: search.family,
            numerator: search.marked as f64,
            denominator: 1.0,
        });
        let rank_10 = searches.mated_terms(|search| {
            RatioTerm::of_search(search.family, f64::from(search.has_relative_on_shortlist))
        });
        let ranking = searches.ranking();
        let search_families = searches.families();
        let non_mated = searches.non_mated.len();
        let figures = families.bootstrap(seed).estimates(|counts| {
            let curve = ranking.weighted_curve(|i| counts[search_families[i]]);
            let fnir_at = |rate: f64| {
                let is_measurable = rate * non_mated as f64 >= 1.0;
                is_measurable.then(|| fnir_at_fpir(&curve, rate)).flatten()
            };
            [
                RatioTerm::ratio(&fpir, counts),
                RatioTerm::ratio(&fnir, counts),
                fnir_at(0.01),
                fnir_at(0.1),
                RatioTerm::ratio(&precision, counts),
                RatioTerm::ratio(&mean_marked, counts),
                RatioTerm::ratio(&rank_10, counts),
            ]
        });
        let [fpir, fnir, at_1_percent, at_10_percent, precision, mean_marked, rank_10] = figures;
        Self {
            people,
            mated: searches.mated.len(),
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
/// Returns `None` without searches of both kinds.
fn fnir_at_fpir(curve: &Curve, rate: f64) -> Option<f64> {
    curve.at_false_accept_rate(rate).map(|point| 1.0 - point.true_accept_rate)
}

/// Returns points of the detection error tradeoff, at FPIR evenly spaced on a logarithmic scale.
///
/// The result is empty without searches of both kinds.
fn det(curve: &Curve) -> Vec<DetPoint> {
    let Some(&CurvePoint { true_accepts: mated, false_accepts: non_mated, .. }) =
        curve.points().last()
    else {
        return Vec::new();
    };
    if mated == 0.0 || non_mated == 0.0 {
        return Vec::new();
    }
    // A search without any markable person has no finite threshold.
    let markable = curve.points().partition_point(|point| point.threshold.is_finite());
    let points = &curve.points()[..markable];
    let mut det: Vec<DetPoint> = Vec::with_capacity(DET_POINTS);
    for i in 0..DET_POINTS {
        let allowed = non_mated.powf(i as f64 / (DET_POINTS - 1) as f64);
        // Rounding must not exclude an integer number of searches.
        let within = points.partition_point(|point| point.false_accepts <= allowed + 1e-9);
        let Some(point) = within.checked_sub(1).map(|last| points[last]) else { continue };
        let point = DetPoint {
            fpir: point.false_accepts / non_mated,
            fnir: 1.0 - point.true_accepts / mated,
            chance_matches: -point.threshold,
        };
        if det.last() != Some(&point) {
            det.push(point);
        }
    }
    det
}

#[cfg(test)]
mod tests {
    use super::*;

    fn searches(mated: &[f64], non_mated: &[f64]) -> Searches {
        let mated = mated.iter().map(|&fewest_chance_matches| MatedSearch {
            family: 0,
            fewest_chance_matches,
            marked_relatives: 0,
            marked_strangers: 0,
            marked: 0,
            has_relative_on_shortlist: false,
        });
        let non_mated = non_mated.iter().map(|&fewest_chance_matches| NonMatedSearch {
            family: 0,
            fewest_chance_matches,
            has_marked: false,
        });
        Searches { mated: mated.collect(), non_mated: non_mated.collect() }
    }

    #[test]
    fn the_threshold_holds_the_measured_false_positive_rate() {
        let strangers: Vec<f64> = (1..=10).map(f64::from).collect();
        let curve = searches(&[0.5, 1.5, 2.5, f64::INFINITY], &strangers).ranking().curve();
        // One stranger in ten may be marked: those with fewer than two chance matches are.
        assert_eq!(fnir_at_fpir(&curve, 0.1), Some(0.5));
        assert_eq!(fnir_at_fpir(&curve, 0.0), Some(0.75));
        // Equal strangers are marked together, so that two are too many for one in ten.
        let curve = searches(&[0.5, 1.5], &[1.0, 1.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 9.0])
            .ranking()
            .curve();
        assert_eq!(fnir_at_fpir(&curve, 0.1), Some(0.5));
    }

    #[test]
    fn the_tradeoff_is_monotone_and_marks_no_one_at_an_infinite_threshold() {
        let strangers: Vec<f64> = (0..300).map(|i| f64::from(i * 7 % 300) / 50.0).collect();
        let mut relatives: Vec<f64> = (0..200).map(|i| f64::from(i * 3 % 200) / 90.0).collect();
        relatives.push(f64::INFINITY);
        let det = det(&searches(&relatives, &strangers).ranking().curve());
        assert!(det.len() > 30 && det.len() <= DET_POINTS, "{}", det.len());
        for pair in det.windows(2) {
            assert!(pair[0].fpir <= pair[1].fpir && pair[0].fnir >= pair[1].fnir);
            assert!(pair[0].chance_matches < pair[1].chance_matches);
        }
        let last = det.last().unwrap();
        assert_eq!(last.fpir, 1.0);
        assert!((last.fnir - 1.0 / 201.0).abs() < 1e-12 && last.chance_matches.is_finite());
        assert!(super::det(&searches(&[], &strangers).ranking().curve()).is_empty());
    }

    #[test]
    fn family_people_who_are_not_listed_do_not_count_in_precision() {
        let person = |id: &str, is_marked: bool| RankedPerson {
            person: id.parse().unwrap(),
            score: 0.0,
            chance_matches: 0.1,
            is_marked,
        };
        let ranked = [
            person("F0001/MID2", true),
            person("F0001/MID3", true),
            person("F0002/MID1", true),
            person("F0003/MID1", false),
        ];
        let mut searches = Searches::default();
        searches.add_mated(0, &ranked, |person| match person.to_string().as_str() {
            "F0001/MID2" => KinStatus::Listed,
            "F0001/MID3" => KinStatus::Possible,
            _ => KinStatus::Stranger,
        });
        let families = ProbeFamilies::new(["F0001/MID1".parse().unwrap()].into_iter());
        let figures = GallerySizeFigures::new(4, &searches, &families, 1);
        assert_eq!(figures.precision.unwrap().value, 0.5);
        assert_eq!(figures.mean_marked.unwrap().value, 3.0);
        assert_eq!(figures.fnir.unwrap().value, 0.0);
        assert!(figures.fpir.is_none() && figures.fnir_at_fpir_10_percent.is_none());
    }
}

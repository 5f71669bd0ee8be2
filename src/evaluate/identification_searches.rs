//! Results of identification searches, mated and non-mated.

use crate::domain::PersonId;
use crate::metrics::{Ranking, RatioTerm};
use crate::search::PersonMatch;

/// Length of a shortlist.
const SHORTLIST: usize = 10;

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
        let chance_matches = found.kinship.as_ref().and_then(|kinship| kinship.chance_matches);
        Self {
            person: found.person,
            score: found.score,
            chance_matches: chance_matches.unwrap_or(f64::INFINITY),
            is_marked: found.is_kin(),
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
        let mut search = MatedSearch {
            family,
            fewest_chance_matches: f64::INFINITY,
            marked_relatives: 0,
            marked_strangers: 0,
            marked: 0,
            has_relative_on_shortlist: false,
        };
        for (i, found) in ranked.iter().enumerate() {
            let status = status_of(found.person);
            if status == KinStatus::Listed {
                search.fewest_chance_matches =
                    search.fewest_chance_matches.min(found.chance_matches);
                search.has_relative_on_shortlist |= i < SHORTLIST;
            }
            if found.is_marked {
                search.marked += 1;
                search.marked_relatives += usize::from(status == KinStatus::Listed);
                search.marked_strangers += usize::from(status == KinStatus::Stranger);
            }
        }
        self.mated.push(search);
    }

    /// Adds a search among strangers.
    pub(super) fn add_non_mated(&mut self, family: usize, ranked: &[RankedPerson]) {
        self.non_mated.push(NonMatedSearch {
            family,
            fewest_chance_matches: ranked
                .iter()
                .map(|found| found.chance_matches)
                .fold(f64::INFINITY, f64::min),
            has_marked: ranked.iter().any(|found| found.is_marked),
        });
    }

    pub(super) fn mated_count(&self) -> usize {
        self.mated.len()
    }

    pub(super) fn non_mated_count(&self) -> usize {
        self.non_mated.len()
    }

    /// Returns the terms of the false positive identification rate.
    pub(super) fn fpir(&self) -> Vec<RatioTerm> {
        self.non_mated
            .iter()
            .map(|search| RatioTerm::of_search(search.family, f64::from(search.has_marked)))
            .collect()
    }

    /// Returns the terms of the false negative identification rate.
    pub(super) fn fnir(&self) -> Vec<RatioTerm> {
        self.mated_terms(|search| {
            RatioTerm::of_search(search.family, f64::from(search.marked_relatives == 0))
        })
    }

    /// Returns the terms of the precision. The family's people that are not listed do not count.
    pub(super) fn precision(&self) -> Vec<RatioTerm> {
        self.mated_terms(|search| RatioTerm {
            family: search.family,
            numerator: search.marked_relatives as f64,
            denominator: (search.marked_relatives + search.marked_strangers) as f64,
        })
    }

    /// Returns the terms of the mean number of marked people.
    pub(super) fn mean_marked(&self) -> Vec<RatioTerm> {
        self.mated_terms(|search| RatioTerm {
            family: search.family,
            numerator: search.marked as f64,
            denominator: 1.0,
        })
    }

    /// Returns the terms of the share of searches with a relative on the shortlist.
    pub(super) fn shortlisted(&self) -> Vec<RatioTerm> {
        self.mated_terms(|search| {
            RatioTerm::of_search(search.family, f64::from(search.has_relative_on_shortlist))
        })
    }

    fn mated_terms(&self, term: impl Fn(&MatedSearch) -> RatioTerm) -> Vec<RatioTerm> {
        self.mated.iter().map(term).collect()
    }

    /// Returns the family of each search, mated ones first.
    pub(super) fn families(&self) -> Vec<usize> {
        let non_mated = self.non_mated.iter().map(|search| search.family);
        self.mated.iter().map(|search| search.family).chain(non_mated).collect()
    }

    /// Ranks all searches by their fewest chance matches, in the order of [`Self::families`].
    pub(super) fn ranking(&self) -> Ranking {
        let mated = self.mated.iter().map(|search| search.fewest_chance_matches);
        let non_mated = self.non_mated.iter().map(|search| search.fewest_chance_matches);
        let mut is_mated = vec![true; self.mated.len()];
        is_mated.resize(self.mated.len() + self.non_mated.len(), false);
        let scores: Vec<f64> = mated.chain(non_mated).map(|matches| -matches).collect();
        Ranking::new(&scores, &is_mated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::det::{det, fnir_at_fpir};

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
        let points = det(&searches(&relatives, &strangers).ranking().curve());
        assert!(points.len() > 30 && points.len() <= 50, "{}", points.len());
        for pair in points.windows(2) {
            assert!(pair[0].fpir <= pair[1].fpir && pair[0].fnir >= pair[1].fnir);
            assert!(pair[0].chance_matches < pair[1].chance_matches);
        }
        let last = points.last().unwrap();
        assert_eq!(last.fpir, 1.0);
        assert!((last.fnir - 1.0 / 201.0).abs() < 1e-12 && last.chance_matches.is_finite());
        assert!(det(&searches(&[], &strangers).ranking().curve()).is_empty());
    }
}

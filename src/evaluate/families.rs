//! The families of probes, and figures with intervals over them.

use crate::domain::{FamilyId, MemberId};
use crate::metrics::{Bootstrap, Figure};

/// Draws of the bootstrap.
const DRAWS: usize = 1000;

/// The families of probes, numbered from 0.
pub(super) struct ProbeFamilies(Vec<FamilyId>);

/// One search's part of a ratio: the sum of the numerators over the sum of the denominators.
#[derive(Clone, Copy, Debug)]
pub(super) struct RatioTerm {
    /// The probe's family.
    pub(super) family: usize,
    pub(super) numerator: f64,
    pub(super) denominator: f64,
}

impl ProbeFamilies {
    /// The families of these people.
    pub(super) fn new(people: impl Iterator<Item = MemberId>) -> Self {
        let mut families: Vec<FamilyId> = people.map(MemberId::family).collect();
        families.sort_unstable();
        families.dedup();
        Self(families)
    }

    /// The number of families.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The number of a person's family.
    pub(super) fn index(&self, person: MemberId) -> usize {
        self.0.partition_point(|family| *family < person.family())
    }

    /// Computes figures and their 95 % intervals. `metrics` gets how often each family counts, `(families)`.
    ///
    /// A figure is `None` if `metrics` has none when every family counts once.
    pub(super) fn figures<const N: usize>(
        &self,
        seed: u64,
        metrics: impl Fn(&[f64]) -> [Option<f64>; N],
    ) -> [Option<Figure>; N] {
        let values = metrics(&vec![1.0; self.count()]);
        let bootstrap = Bootstrap { families: self.count(), draws: DRAWS, seed };
        let intervals = bootstrap.intervals(metrics);
        std::array::from_fn(|i| Some(Figure { value: values[i]?, interval: intervals[i]? }))
    }
}

impl RatioTerm {
    /// A search that counts once, in a share of searches.
    pub(super) fn flag(family: usize, is_counted: bool) -> Self {
        Self { family, numerator: f64::from(u8::from(is_counted)), denominator: 1.0 }
    }

    /// The ratio if family f counts `counts[f]` times; `None` if the denominators sum to 0.
    pub(super) fn ratio(terms: &[Self], counts: &[f64]) -> Option<f64> {
        let numerator: f64 = terms.iter().map(|term| counts[term.family] * term.numerator).sum();
        let denominator: f64 =
            terms.iter().map(|term| counts[term.family] * term.denominator).sum();
        (denominator > 0.0).then(|| numerator / denominator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_weights_each_search_by_its_family() {
        let terms = [
            RatioTerm { family: 0, numerator: 1.0, denominator: 2.0 },
            RatioTerm { family: 1, numerator: 3.0, denominator: 4.0 },
        ];
        assert_eq!(RatioTerm::ratio(&terms, &[1.0, 1.0]), Some(4.0 / 6.0));
        assert_eq!(RatioTerm::ratio(&terms, &[2.0, 0.0]), Some(0.5));
        assert_eq!(RatioTerm::ratio(&terms, &[0.0, 0.0]), None);
    }
}

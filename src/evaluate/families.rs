//! The families of probes, over which intervals are drawn.

use crate::domain::{FamilyId, MemberId};
use crate::metrics::Bootstrap;

/// The families of probes, numbered from 0.
pub(super) struct ProbeFamilies(Vec<FamilyId>);

impl ProbeFamilies {
    /// The families of these people.
    pub(super) fn new(people: impl Iterator<Item = MemberId>) -> Self {
        let mut families: Vec<FamilyId> = people.map(MemberId::family).collect();
        families.sort_unstable();
        families.dedup();
        Self(families)
    }

    /// The number of a person's family.
    pub(super) fn index(&self, person: MemberId) -> usize {
        self.0.partition_point(|family| *family < person.family())
    }

    /// Draws of the families, for intervals.
    pub(super) fn bootstrap(&self, seed: u64) -> Bootstrap {
        Bootstrap::new(self.0.len(), seed)
    }
}

//! Families of probes, over which confidence intervals are drawn.

use crate::domain::{FamilyId, PersonId};
use crate::metrics::Bootstrap;

/// Families of probes, numbered from 0.
pub(super) struct ProbeFamilies(Vec<FamilyId>);

impl ProbeFamilies {
    /// Collects the families of these people.
    pub(super) fn new(people: impl Iterator<Item = PersonId>) -> Self {
        let mut families: Vec<FamilyId> = people.map(PersonId::family).collect();
        families.sort_unstable();
        families.dedup();
        Self(families)
    }

    /// Returns the index of a person's family.
    pub(super) fn index(&self, person: PersonId) -> usize {
        self.0.partition_point(|family| *family < person.family())
    }

    /// Returns a bootstrap over the families, for confidence intervals.
    pub(super) fn bootstrap(&self, seed: u64) -> Bootstrap {
        Bootstrap::new(self.0.len(), seed)
    }
}

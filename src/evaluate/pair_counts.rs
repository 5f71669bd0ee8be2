//! Numbers of kin pairs and of unrelated pairs.

use super::EvaluateError;

/// Numbers of pairs of both kinds, at least one each.
pub(super) struct PairCounts {
    pub(super) kin: usize,
    pub(super) others: usize,
}

impl PairCounts {
    /// Counts pairs, or trios, by whether they are kin. `what` names the evaluation.
    ///
    /// # Errors
    /// [`EvaluateError::NoPairs`] if there are none of one kind.
    pub(super) fn new(
        what: &'static str,
        pairs: impl Iterator<Item = bool>,
    ) -> Result<Self, EvaluateError> {
        let mut counts = Self { kin: 0, others: 0 };
        for is_kin in pairs {
            match is_kin {
                true => counts.kin += 1,
                false => counts.others += 1,
            }
        }
        let Self { kin, others } = counts;
        match kin > 0 && others > 0 {
            true => Ok(counts),
            false => Err(EvaluateError::NoPairs { what, kin, others }),
        }
    }
}

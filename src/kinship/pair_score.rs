//! Score of two photos by an ensemble.

/// Score of an ensemble for two photos.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PairScore {
    /// Weighted log odds of the members, before the ensemble's calibration.
    pub score: f64,
    /// Log odds of kinship, if half of all pairs were kin. [`super::probability`] converts them to
    /// a probability.
    pub log_odds: f64,
    /// Log odds by each member alone, in the order of the members.
    pub members: Vec<f64>,
}

impl PairScore {
    /// Adds `share` of `other`, to accumulate a mean.
    pub fn add(&mut self, other: &Self, share: f64) {
        self.score += share * other.score;
        self.log_odds += share * other.log_odds;
        self.members.resize(other.members.len(), 0.0);
        self.members.iter_mut().zip(&other.members).for_each(|(sum, value)| *sum += share * value);
    }
}

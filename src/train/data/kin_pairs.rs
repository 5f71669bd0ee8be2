//! Kin pairs for the fit of kin similarity.

use crate::dataset::{PairSampler, PhotoPair};

/// Maximum number of photo pairs of each kin pair.
const PER_KIN: usize = 10;

/// Returns kin photo pairs and their weights.
///
/// A weight is the reciprocal square root of the number of pairs of the family.
pub(crate) fn kin_pairs(
    sampler: &mut PairSampler<'_>,
    families: usize,
) -> (Vec<PhotoPair>, Vec<f64>) {
    let pairs = sampler.protocol(PER_KIN).into_iter().filter(|pair| pair.is_kin);
    let pairs: Vec<PhotoPair> = pairs.collect();
    let mut counts = vec![0.0_f64; families];
    pairs.iter().for_each(|pair| counts[pair.families[0]] += 1.0);
    let weights = pairs.iter().map(|pair| counts[pair.families[0]].sqrt().recip()).collect();
    (pairs, weights)
}

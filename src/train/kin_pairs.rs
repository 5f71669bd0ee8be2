//! Pairs of kin, by which what kin have in common is found.

use crate::dataset::{PairSampler, PhotoPair};

/// Photo pairs of each pair of kin, at most.
const PER_KIN: usize = 10;

/// Photo pairs of kin, and how much each counts: the less the more pairs its family has, by the root.
pub(super) fn kin_pairs(
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

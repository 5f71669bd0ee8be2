//! Splits by complete families.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Partitions `families` into `parts` sorted parts, as equal in size as possible, by `seed`.
///
/// A split by pair or by person would leak faces of the evaluation into training.
pub(crate) fn partition_families(families: &[usize], parts: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut shuffled = families.to_vec();
    shuffled.sort_unstable();
    shuffled.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let mut partition = vec![Vec::new(); parts];
    for (i, family) in shuffled.into_iter().enumerate() {
        partition[i % parts].push(family);
    }
    partition.iter_mut().for_each(|part| part.sort_unstable());
    partition
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_is_in_one_part_whatever_the_seed() {
        let families: Vec<usize> = (0..23).map(|i| i * 3).collect();
        for seed in 0..50 {
            let parts = partition_families(&families, 5, seed);
            assert!(parts.iter().all(|part| (4..=5).contains(&part.len())));
            let mut all = parts.concat();
            all.sort_unstable();
            assert_eq!(all, families);
            assert_eq!(parts, partition_families(&families, 5, seed));
        }
        assert_ne!(partition_families(&families, 5, 1), partition_families(&families, 5, 2));
    }
}

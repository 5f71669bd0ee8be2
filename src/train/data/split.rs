//! Partition of families into training, validation and test sets.

use super::partition::partition_families;
use crate::dataset::Pedigree;
use crate::train::error::TrainError;

/// Families by purpose. No family is in two lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Name among the splits of a source: `fold-0`, …, and `all`.
    pub name: String,
    /// Families for the training of members.
    pub train: Vec<usize>,
    /// Families for early stopping and for the calibration of scores.
    pub validation: Vec<usize>,
    /// Families for metrics only. Empty for the final ensemble.
    pub test: Vec<usize>,
}

/// Number of parts, one of which is for validation.
const PARTS: usize = 8;
/// Name of the split without test families.
const ALL: &str = "all";
/// Minimum number of families with kin in a source.
pub const MIN_FAMILIES: usize = 2 * PARTS;

impl Split {
    /// Creates one split per fold, and last the split of the final ensemble.
    ///
    /// Each family is a test family in one fold. The last split has no test families. Families that
    /// a backbone has `seen` are for training only.
    ///
    /// # Errors
    /// [`TrainError::TooFewFamilies`] if there are too few families with listed kin.
    pub fn all(
        pedigree: &Pedigree,
        seen: &[usize],
        folds: usize,
        seed: u64,
    ) -> Result<Vec<Self>, TrainError> {
        let mut families = pedigree.families_with_kin();
        let seen: Vec<usize> = families.extract_if(.., |family| seen.contains(family)).collect();
        let needed = MIN_FAMILIES.max(folds);
        if families.len() < needed {
            return Err(TrainError::TooFewFamilies { found: families.len(), needed });
        }
        let mut tests = partition_families(&families, folds, seed);
        tests.push(Vec::new());
        let mut splits = Vec::new();
        for (fold, test) in tests.into_iter().enumerate() {
            let name = if test.is_empty() { ALL.into() } else { format!("fold-{fold}") };
            let rest: Vec<usize> = families.iter().copied().filter(|f| !test.contains(f)).collect();
            let mut parts = partition_families(&rest, PARTS, seed.wrapping_add(1)).into_iter();
            let validation = parts.next().unwrap_or_default();
            let mut train: Vec<usize> = parts.flatten().chain(seen.iter().copied()).collect();
            train.sort_unstable();
            splits.push(Self { name, train, validation, test });
        }
        Ok(splits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Relationship;

    fn pedigree(families: usize) -> Pedigree {
        let (mut photos, mut kin) = (Vec::new(), Vec::new());
        for family in 1..=families {
            let people = [1, 2].map(|member| format!("F{family:04}/MID{member}"));
            photos.extend(people.iter().map(|person| format!("{person}/a").parse().unwrap()));
            let [first, second] = people.map(|person| person.parse().unwrap());
            kin.push(Relationship::new(first, second, None).unwrap());
        }
        Pedigree::new(photos, &kin)
    }

    #[test]
    fn no_family_serves_two_purposes_and_each_is_tested_once() {
        let pedigree = pedigree(43);
        for seed in 0..20 {
            let splits = Split::all(&pedigree, &[], 5, seed).unwrap();
            assert_eq!(splits.len(), 6);
            let mut tested: Vec<usize> = Vec::new();
            for Split { train, validation, test, .. } in &splits {
                assert!(![train, validation].iter().any(|part| part.is_empty()));
                let mut all = [&train[..], validation, test].concat();
                all.sort_unstable();
                assert_eq!(all, (0..43).collect::<Vec<_>>());
                tested.extend(test);
            }
            tested.sort_unstable();
            assert_eq!(tested, (0..43).collect::<Vec<_>>());
            assert!(splits[5].test.is_empty());
        }
    }

    #[test]
    fn families_that_a_backbone_has_seen_only_train() {
        let seen: Vec<usize> = (0..43).step_by(2).collect();
        for Split { train, validation, test, .. } in Split::all(&pedigree(43), &seen, 5, 1).unwrap()
        {
            assert!(seen.iter().all(|family| train.contains(family)));
            assert_eq!([train, validation, test].concat().len(), 43);
        }
        let error = Split::all(&pedigree(43), &(0..30).collect::<Vec<_>>(), 5, 1).unwrap_err();
        assert!(error.to_string().contains("13 families"), "{error}");
    }

    #[test]
    fn too_few_families_are_refused_with_how_many_are_needed() {
        let error = Split::all(&pedigree(1), &[], 5, 0).unwrap_err().to_string();
        assert!(error.contains("1 families") && error.contains("16 are needed"), "{error}");
    }
}

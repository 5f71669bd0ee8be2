//! A selection of related people for display, from a complete collection.

use std::collections::{BTreeMap, HashMap, VecDeque};

use rand::SeedableRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

use crate::dataset::{KinPair, Pedigree};
use crate::domain::{PersonId, PhotoId, Relation};

/// Two listed kin with photos of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Showcase {
    /// The two people. The elder is first, if the relation has one.
    pub people: [PersonId; 2],
    /// Their relation, if it is known.
    pub relation: Option<Relation>,
    /// Photos of each, in the order of their identities.
    pub photos: [Vec<PhotoId>; 2],
}

/// Selects up to `pairs` listed kin, and up to `photos` photos of each person.
///
/// A family repeats only after each family was selected once. Relations alternate as far as the
/// families have them. The selection is deterministic.
pub(super) fn showcase(pedigree: &Pedigree, pairs: usize, photos: usize) -> Vec<Showcase> {
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let mut showcases = Vec::new();
    for kin in choose_pairs(pedigree, [pairs, photos], &mut random) {
        let people = kin.people.map(|person| &pedigree.people()[person]);
        showcases.push(Showcase {
            people: people.map(|person| person.id),
            relation: kin.relation,
            photos: people.map(|person| {
                let chosen = person.photos.choose_multiple(&mut random, photos);
                let mut chosen: Vec<usize> = chosen.copied().collect();
                chosen.sort_unstable();
                chosen.iter().map(|&photo| pedigree.photos()[photo].clone()).collect()
            }),
        });
    }
    showcases
}

fn choose_pairs(
    pedigree: &Pedigree,
    [pairs, photos]: [usize; 2],
    random: &mut ChaCha8Rng,
) -> Vec<KinPair> {
    let mut families = shuffled_families(pedigree, random);
    let mut shown: HashMap<Option<Relation>, usize> = HashMap::new();
    let mut chosen = Vec::new();
    while chosen.len() < pairs {
        let Some(mut family) = families.pop_front() else { break };
        // Of equally rare relations, the pair with the fewest empty cells is best.
        let best = (0..family.len()).min_by_key(|&i| {
            let times_shown = shown.get(&family[i].relation).copied().unwrap_or_default();
            (times_shown, empty_cells(pedigree, &family[i], photos))
        });
        // A family without remaining kin is not put back.
        if let Some(best) = best {
            let kin = family.swap_remove(best);
            *shown.entry(kin.relation).or_default() += 1;
            chosen.push(kin);
            families.push_back(family);
        }
    }
    chosen
}

/// Returns the number of missing photos of two kin, if each should have `photos`.
fn empty_cells(pedigree: &Pedigree, kin: &KinPair, photos: usize) -> usize {
    let missing = kin.people.map(|i| photos.saturating_sub(pedigree.people()[i].photos.len()));
    missing.iter().sum()
}

/// Returns the kin of each family, with families and kin in random order.
fn shuffled_families(pedigree: &Pedigree, random: &mut ChaCha8Rng) -> VecDeque<Vec<KinPair>> {
    let mut by_family: BTreeMap<usize, Vec<KinPair>> = BTreeMap::new();
    for kin in pedigree.kin() {
        by_family.entry(kin.family).or_default().push(*kin);
    }
    let mut families: Vec<Vec<KinPair>> = by_family.into_values().collect();
    families.iter_mut().for_each(|kin| kin.shuffle(random));
    families.shuffle(random);
    families.into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::Relationship;

    /// Five families of a father with two photos, a son and a daughter with one.
    fn pedigree() -> Pedigree {
        let mut photos = Vec::new();
        let mut listed = Vec::new();
        for family in 1..=5 {
            let id = |text: &str| format!("F000{family}/{text}");
            photos.extend(["MID1/a", "MID1/b", "MID2/c", "MID3/d"].map(|p| id(p).parse().unwrap()));
            for (child, code) in [("MID2", "fs"), ("MID3", "fd")] {
                let [father, child] = ["MID1", child].map(|p| id(p).parse().unwrap());
                listed.push(Relationship::new(father, child, code.parse().ok()).unwrap());
            }
        }
        Pedigree::new(photos, &listed)
    }

    #[test]
    fn each_family_comes_once_before_any_comes_twice_and_relations_alternate() {
        let chosen = showcase(&pedigree(), 6, 4);
        let families = |of: &[Showcase]| {
            of.iter().map(|pair| pair.people[0].family()).collect::<BTreeSet<_>>().len()
        };
        assert_eq!((chosen.len(), families(&chosen), families(&chosen[..5])), (6, 5, 5));
        let sons = chosen[..4].iter().filter(|pair| pair.relation == Some(Relation::FatherSon));
        assert_eq!(sons.count(), 2);
        assert!(chosen.iter().all(|pair| pair.photos.each_ref().map(Vec::len) == [2, 1]));
        assert_eq!(showcase(&pedigree(), 6, 4), chosen);
    }

    #[test]
    fn there_is_no_more_to_choose_than_is_listed() {
        assert_eq!(showcase(&pedigree(), 50, 1).len(), 10);
        assert!(showcase(&pedigree(), 50, 1).iter().flat_map(|p| &p.photos).all(|p| p.len() == 1));
        assert!(showcase(&Pedigree::new(Vec::new(), &[]), 12, 4).is_empty());
    }
}

//! Photo trios of father, mother and child, half of them of one family.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::{KinPair, Pedigree};
use crate::domain::{Relation, Sex};

/// Photos of a father, a mother and a child, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhotoTrio {
    /// Indices of the photos.
    pub photos: [usize; 3],
    /// Whether the child is theirs; else it is of another family.
    pub is_kin: bool,
}

/// Two parents and a child, by their indices in the pedigree.
#[derive(Clone, Copy)]
struct Trio {
    people: [usize; 3],
    child_sex: Option<Sex>,
    family: usize,
}

/// Maximum repetitions of a draw with two faces of one photograph.
const MAX_DRAWS: usize = 32;

/// Draws `per_trio` photo trios of each two parents with a child in `families`.
///
/// Each is followed by one with the same parents and a child of the same sex from another family.
/// No two faces of a trio are cut from one photograph.
pub fn draw_trios(
    pedigree: &Pedigree,
    families: &[usize],
    per_trio: usize,
    seed: u64,
) -> Vec<PhotoTrio> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let trios = listed_trios(pedigree, families);
    let mut drawn = Vec::new();
    for trio in &trios {
        let other_trios: Vec<&Trio> = trios
            .iter()
            .filter(|other| other.family != trio.family && other.child_sex == trio.child_sex)
            .collect();
        for _ in 0..per_trio {
            let Some(photos) = draw_photos(pedigree, trio.people, &mut random) else { break };
            let Some(other) = other_trios.choose(&mut random) else { break };
            let [.., child] = other.people;
            let Some(&child) = pedigree.people()[child].photos.choose(&mut random) else { break };
            drawn.push(PhotoTrio { photos, is_kin: true });
            drawn.push(PhotoTrio { photos: [photos[0], photos[1], child], is_kin: false });
        }
    }
    drawn
}

/// Returns all people of `families` with a listed father and mother.
fn listed_trios(pedigree: &Pedigree, families: &[usize]) -> Vec<Trio> {
    let mut mothers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let kin: Vec<&KinPair> =
        pedigree.kin().iter().filter(|kin| families.contains(&kin.family)).collect();
    for kin in &kin {
        if let Some(Relation::MotherDaughter | Relation::MotherSon) = kin.relation {
            let [mother, child] = kin.people;
            mothers.entry(child).or_default().push(mother);
        }
    }
    let mut trios = Vec::new();
    for kin in kin {
        let Some(relation @ (Relation::FatherDaughter | Relation::FatherSon)) = kin.relation else {
            continue;
        };
        let [father, child] = kin.people;
        let child_sex = relation.role_pair()[1].sex;
        let of_child = mothers.get(&child).into_iter().flatten();
        trios.extend(of_child.map(|&mother| Trio {
            people: [father, mother, child],
            child_sex,
            family: kin.family,
        }));
    }
    trios
}

/// Draws a photo of each. Returns `None` if no draw is of three photographs.
fn draw_photos(
    pedigree: &Pedigree,
    people: [usize; 3],
    random: &mut ChaCha8Rng,
) -> Option<[usize; 3]> {
    for _ in 0..MAX_DRAWS {
        let mut photos = [0; 3];
        for (photo, person) in photos.iter_mut().zip(people) {
            *photo = *pedigree.people()[person].photos.choose(random)?;
        }
        let [a, b, c] = photos;
        if ![[a, b], [a, c], [b, c]].into_iter().any(|pair| pedigree.share_source(pair)) {
            return Some(photos);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{PhotoId, Relationship};

    #[test]
    fn trios_are_of_listed_parents_and_others_of_another_family() {
        let photos: Vec<PhotoId> = ["F0001", "F0002"]
            .iter()
            .flat_map(|family| {
                (1..=3).map(move |member| format!("{family}/MID{member}/P0000{member}_face0"))
            })
            .map(|id| id.parse().unwrap())
            .collect();
        let kin = |first: &str, second: &str, relation: Relation| {
            Relationship::new(first.parse().unwrap(), second.parse().unwrap(), Some(relation))
                .unwrap()
        };
        let relationships = [
            kin("F0001/MID1", "F0001/MID3", Relation::FatherSon),
            kin("F0001/MID2", "F0001/MID3", Relation::MotherSon),
            kin("F0002/MID1", "F0002/MID3", Relation::FatherSon),
            kin("F0002/MID2", "F0002/MID3", Relation::MotherSon),
        ];
        let pedigree = Pedigree::new(photos, &relationships);
        let families = pedigree.families_with_kin();
        let trios = draw_trios(&pedigree, &families, 2, 1);
        assert_eq!(trios.iter().filter(|trio| trio.is_kin).count(), 4);
        assert_eq!(trios.iter().filter(|trio| !trio.is_kin).count(), 4);
        for PhotoTrio { photos, is_kin } in trios {
            let [father, mother, child] = photos.map(|i| pedigree.photos()[i].member());
            assert_eq!(father.family(), mother.family());
            assert_eq!(father.family() == child.family(), is_kin);
        }
    }
}

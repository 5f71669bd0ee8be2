//! Members of a family and their relationships.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::genome::{Genome, normal};
use crate::domain::{FamilyId, PersonId, Relation, Relationship, Sex};

/// Person that does not exist.
#[derive(Clone, Debug)]
pub(super) struct SyntheticPerson {
    pub(super) sex: Sex,
    /// Year of birth.
    pub(super) born: i32,
    pub(super) genome: Genome,
    /// Indices of father and mother in the family. `None` if they are not in it.
    parents: Option<[usize; 2]>,
}

/// Family of two or three generations, the elder people first. Member 1 has the index 0.
pub(super) struct SyntheticFamily {
    id: FamilyId,
    pub(super) people: Vec<SyntheticPerson>,
}

impl SyntheticFamily {
    /// Draws the family of a number. It depends only on the seed and the number.
    pub(super) fn draw(number: u32, random: &mut ChaCha8Rng) -> Self {
        let darkness = 1.1 * normal(random) - 0.2;
        let mut family = Self { id: FamilyId::new(number), people: Vec::new() };
        // Late enough for photographs, early enough for the birth of the youngest before today.
        let has_grandchildren = random.random();
        let first_born = random.random_range(1915..if has_grandchildren { 1945 } else { 1975 });
        let couple = family.add_founders(darkness, first_born, random);
        let eldest = family.add_children(couple, 4, random);
        if has_grandchildren {
            // One of the children has a family. The others are aunts and uncles.
            let parent = &family.people[eldest];
            let sex = parent.sex;
            let born = parent.born;
            let partner = family.people.len();
            family.people.push(SyntheticPerson {
                sex: if sex == Sex::Male { Sex::Female } else { Sex::Male },
                born: born + random.random_range(-4..5),
                genome: founder(darkness, random),
                parents: None,
            });
            let couple = if sex == Sex::Male { [eldest, partner] } else { [partner, eldest] };
            family.add_children(couple, 3, random);
        }
        family
    }

    /// Adds a couple without parents in the family. Returns father and mother.
    fn add_founders(&mut self, darkness: f32, born: i32, random: &mut ChaCha8Rng) -> [usize; 2] {
        for sex in [Sex::Male, Sex::Female] {
            let born = born + random.random_range(-3..4);
            self.people.push(SyntheticPerson {
                sex,
                born,
                genome: founder(darkness, random),
                parents: None,
            });
        }
        [0, 1]
    }

    /// Adds two to `max` children, born one after another. Returns the index of the eldest.
    fn add_children(&mut self, couple: [usize; 2], max: usize, random: &mut ChaCha8Rng) -> usize {
        let eldest = self.people.len();
        let [father, mother] = couple.map(|parent| self.people[parent].clone());
        let mut born = father.born.max(mother.born) + random.random_range(21..31);
        for _ in 0..random.random_range(2..=max) {
            self.people.push(SyntheticPerson {
                sex: if random.random() { Sex::Male } else { Sex::Female },
                born,
                genome: Genome::child(&father.genome, &mother.genome, random),
                parents: Some(couple),
            });
            born += random.random_range(1..6);
        }
        eldest
    }

    /// Returns the identity of the person with this index.
    pub(super) fn member(&self, i: usize) -> PersonId {
        PersonId::new(self.id, i as u32 + 1)
    }

    /// Returns all blood relationships that have a code, the elder person first.
    pub(super) fn relationships(&self) -> Vec<Relationship> {
        let mut relationships = Vec::new();
        for elder in 0..self.people.len() {
            for younger in 0..self.people.len() {
                let Some(relation) = self.relation(elder, younger) else { continue };
                let people = [elder, younger].map(|i| self.member(i));
                relationships.extend(Relationship::new(people[0], people[1], Some(relation)));
            }
        }
        relationships
    }

    fn relation(&self, elder: usize, younger: usize) -> Option<Relation> {
        let sexes = [elder, younger].map(|i| self.people[i].sex);
        let parents = self.people[younger].parents?;
        if elder < younger && self.people[elder].parents == Some(parents) {
            return Some(siblings(sexes));
        }
        if parents.contains(&elder) {
            return Some(parent(sexes));
        }
        let mut grandparents = parents.iter().filter_map(|&parent| self.people[parent].parents);
        grandparents.any(|couple| couple.contains(&elder)).then(|| grandparent(sexes))
    }
}

/// Draws a person from a population of about this darkness.
fn founder(darkness: f32, random: &mut ChaCha8Rng) -> Genome {
    let darkness = darkness + 0.3 * normal(random);
    Genome::founder(darkness, random)
}

fn siblings(sexes: [Sex; 2]) -> Relation {
    match sexes {
        [Sex::Male, Sex::Male] => Relation::Brothers,
        [Sex::Female, Sex::Female] => Relation::Sisters,
        _ => Relation::Siblings,
    }
}

fn parent(sexes: [Sex; 2]) -> Relation {
    match sexes {
        [Sex::Male, Sex::Female] => Relation::FatherDaughter,
        [Sex::Male, Sex::Male] => Relation::FatherSon,
        [Sex::Female, Sex::Female] => Relation::MotherDaughter,
        [Sex::Female, Sex::Male] => Relation::MotherSon,
    }
}

fn grandparent(sexes: [Sex; 2]) -> Relation {
    match sexes {
        [Sex::Male, Sex::Female] => Relation::GrandfatherGranddaughter,
        [Sex::Male, Sex::Male] => Relation::GrandfatherGrandson,
        [Sex::Female, Sex::Female] => Relation::GrandmotherGranddaughter,
        [Sex::Female, Sex::Male] => Relation::GrandmotherGrandson,
    }
}

/// Returns the random generator of one family. Families do not depend on each other.
pub(super) fn family_generator(seed: u64, number: u32) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(number.into());
    random
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn families(count: u32) -> impl Iterator<Item = SyntheticFamily> {
        (1..=count).map(|number| SyntheticFamily::draw(number, &mut family_generator(7, number)))
    }

    #[test]
    fn every_relation_occurs_and_the_elder_comes_first() {
        let mut seen = BTreeSet::new();
        for family in families(60) {
            for elder in 0..family.people.len() {
                for younger in 0..family.people.len() {
                    let Some(relation) = family.relation(elder, younger) else { continue };
                    let [first, second] = [elder, younger].map(|i| &family.people[i]);
                    assert!(first.born < second.born, "{relation}");
                    let role = relation.roles()[0];
                    let male = ["father", "grandfather", "brother"].contains(&role);
                    assert!(role == "sibling" || male == (first.sex == Sex::Male), "{relation}");
                    seen.insert(relation);
                }
            }
        }
        assert_eq!(seen.len(), Relation::ALL.len(), "{seen:?}");
    }

    #[test]
    fn kin_in_a_family_are_nearer_than_people_of_two_families() {
        let families: Vec<SyntheticFamily> = families(40).collect();
        let (mut kin, mut strangers) = (Vec::new(), Vec::new());
        for (family, other) in families.iter().zip(&families[1..]) {
            for younger in &family.people {
                let parents = younger.parents.iter().flatten();
                kin.extend(parents.map(|&i| younger.genome.distance(&family.people[i].genome)));
                strangers
                    .extend(other.people.iter().map(|one| younger.genome.distance(&one.genome)));
            }
        }
        let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
        assert!(mean(&kin) < 0.8 * mean(&strangers), "{} {}", mean(&kin), mean(&strangers));
    }
}

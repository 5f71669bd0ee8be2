//! Families for training and evaluation: people, their photos and their kin.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::domain::{FamilyId, PersonId, PhotoId, Relation, Relationship};

/// People with their photos, and the listed kin among them.
///
/// Photos, people and families are identified by their indices in it.
pub struct Pedigree {
    photos: Vec<PhotoId>,
    people: Vec<PedigreePerson>,
    families: Vec<FamilyId>,
    kin: Vec<KinPair>,
    listed: HashSet<[usize; 2]>,
    /// Listed pairs that could not be used.
    pub skipped: SkippedPairs,
}

/// A person with photos.
pub struct PedigreePerson {
    /// Identity of the person.
    pub id: PersonId,
    /// Index of the family.
    pub family: usize,
    /// Indices of the photos.
    pub photos: Vec<usize>,
}

/// Two people of one family, listed as kin and with photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KinPair {
    /// Indices of the two people. The elder is first, if the relation has one.
    pub people: [usize; 2],
    /// Their relation, if it is known.
    pub relation: Option<Relation>,
    /// Index of the family.
    pub family: usize,
}

/// Listed pairs that cannot be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SkippedPairs {
    /// Listed people without a photo.
    pub without_photos: BTreeSet<PersonId>,
    /// Pairs with such a person.
    pub lacking_photos: usize,
    /// Pairs of people of two families. Splits are by complete families, which such a pair would
    /// break.
    pub across_families: usize,
}

impl Pedigree {
    /// Finds the people of `photos` and the listed kin among them.
    pub fn new(photos: Vec<PhotoId>, relationships: &[Relationship]) -> Self {
        let mut by_person: BTreeMap<PersonId, Vec<usize>> = BTreeMap::new();
        for (i, photo) in photos.iter().enumerate() {
            by_person.entry(photo.member()).or_default().push(i);
        }
        let families: BTreeSet<FamilyId> = by_person.keys().map(|id| id.family()).collect();
        let families: Vec<FamilyId> = families.into_iter().collect();
        let mut people = Vec::with_capacity(by_person.len());
        for (id, photos) in by_person {
            let family = families.partition_point(|family| *family < id.family());
            people.push(PedigreePerson { id, family, photos });
        }
        let kin = Vec::new();
        let listed = HashSet::new();
        let skipped = SkippedPairs::default();
        let mut pedigree = Self { photos, people, families, kin, listed, skipped };
        pedigree.add_relationships(relationships);
        pedigree
    }

    fn add_relationships(&mut self, relationships: &[Relationship]) {
        let indices: HashMap<PersonId, usize> =
            self.people.iter().enumerate().map(|(i, person)| (person.id, i)).collect();
        for pair in relationships {
            let lacking = pair.people().into_iter().filter(|id| !indices.contains_key(id));
            let lacking: Vec<PersonId> = lacking.collect();
            if !lacking.is_empty() {
                self.skipped.lacking_photos += 1;
                self.skipped.without_photos.extend(lacking);
                continue;
            }
            let people = pair.people().map(|id| indices[&id]);
            let is_new = self.listed.insert(unordered(people));
            let [family, other] = people.map(|person| self.people[person].family);
            if family != other {
                self.skipped.across_families += 1;
            } else if is_new {
                self.kin.push(KinPair { people, relation: pair.relation(), family });
            }
        }
    }

    /// The photos, in input order.
    pub fn photos(&self) -> &[PhotoId] {
        &self.photos
    }

    /// All people with a photo, in the order of the identities.
    pub fn people(&self) -> &[PedigreePerson] {
        &self.people
    }

    /// Families with a photo, in the order of the identities.
    pub fn families(&self) -> &[FamilyId] {
        &self.families
    }

    /// The usable listed kin, in the order of the list.
    pub fn kin(&self) -> &[KinPair] {
        &self.kin
    }

    /// Returns whether two people are listed as kin, of one family or of two.
    pub fn is_listed(&self, people: [usize; 2]) -> bool {
        self.listed.contains(&unordered(people))
    }

    /// Returns whether two faces were cut from one photograph.
    ///
    /// They share light and color, which a model takes for kinship.
    pub fn share_source(&self, photos: [usize; 2]) -> bool {
        let [a, b] = photos.map(|i| &self.photos[i]);
        a.member().family() == b.member().family() && a.source_photo() == b.source_photo()
    }

    /// Indices of the families with kin for training or evaluation.
    pub fn families_with_kin(&self) -> Vec<usize> {
        let families: BTreeSet<usize> = self.kin.iter().map(|kin| kin.family).collect();
        families.into_iter().collect()
    }
}

fn unordered([a, b]: [usize; 2]) -> [usize; 2] {
    [a.min(b), a.max(b)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pedigree(photos: &[&str], kin: &[[&str; 2]]) -> Pedigree {
        let photos = photos.iter().map(|id| id.parse().unwrap()).collect();
        let pair = |[a, b]: &[&str; 2]| {
            Relationship::new(a.parse().unwrap(), b.parse().unwrap(), None).unwrap()
        };
        Pedigree::new(photos, &kin.iter().map(pair).collect::<Vec<_>>())
    }

    #[test]
    fn pairs_that_cannot_be_used_are_counted() {
        let pedigree = pedigree(
            &["F0001/MID1/a", "F0001/MID2/b", "F0002/MID1/c"],
            &[
                ["F0001/MID1", "F0001/MID2"],
                ["F0001/MID2", "F0001/MID1"],
                ["F0001/MID1", "F0002/MID1"],
                ["F0001/MID1", "F0001/MID3"],
            ],
        );
        assert_eq!(pedigree.kin(), [KinPair { people: [0, 1], relation: None, family: 0 }]);
        assert_eq!(pedigree.skipped.across_families, 1);
        assert_eq!(pedigree.skipped.lacking_photos, 1);
        assert!(pedigree.skipped.without_photos.contains(&"F0001/MID3".parse().unwrap()));
        assert!(pedigree.is_listed([2, 0]) && !pedigree.is_listed([1, 2]));
    }

    #[test]
    fn faces_of_one_photograph_share_their_source_within_a_family_only() {
        let photos = [
            "F0001/MID1/P1_face0",
            "F0001/MID2/P1_face1",
            "F0001/MID2/P2_face0",
            "F0002/MID1/P1_face0",
        ];
        let pedigree = pedigree(&photos, &[]);
        assert!(pedigree.share_source([0, 1]));
        assert!(!pedigree.share_source([0, 2]) && !pedigree.share_source([0, 3]));
    }
}

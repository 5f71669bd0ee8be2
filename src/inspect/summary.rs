//! Statistics of a family photo collection.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::dataset::{KinPair, Pedigree, SkippedPairs};
use crate::domain::{PersonId, Relation, Relationship};

/// Counts of families, people, photos and listed kin.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Families with a photo.
    pub families: usize,
    /// People with a photo.
    pub people: usize,
    /// Photos.
    pub photos: usize,
    /// Photos of each family.
    pub per_family: Spread,
    /// Photos of each person.
    pub per_person: Spread,
    /// The listed kin, if there is a list.
    pub kin: Option<KinSummary>,
}

/// Spread of numbers; all zero for an empty set.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// The minimum.
    pub smallest: usize,
    /// The median, or the mean of the two middle numbers.
    pub median: f64,
    /// The maximum.
    pub largest: usize,
}

/// Statistics of a list of kin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KinSummary {
    /// Pairs in the list.
    pub listed_pairs: usize,
    /// People in the list.
    pub listed_people: usize,
    /// Usable pairs.
    pub usable: KinCount,
    /// Usable pairs per listed relation.
    pub by_relation: BTreeMap<Relation, KinCount>,
    /// Repeated pairs of the same two people, in either order or as another relation.
    pub repeated: usize,
    /// Pairs that cannot be used.
    pub skipped: SkippedPairs,
}

/// Counts of kin pairs, and of their photo pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KinCount {
    /// Pairs of people.
    pub pairs: usize,
    /// Pairs of a photo of each person, from two photographs.
    pub photo_pairs: usize,
    /// The same from one photograph. They must not be used: see [`Pedigree::share_source`].
    pub same_source: usize,
}

impl Summary {
    /// Counts a pedigree. `relationships` is its list of kin, if there was one.
    pub fn new(pedigree: &Pedigree, relationships: Option<&[Relationship]>) -> Self {
        let mut per_family = vec![0; pedigree.families().len()];
        for person in pedigree.people() {
            per_family[person.family] += person.photos.len();
        }
        let per_person = pedigree.people().iter().map(|person| person.photos.len());
        Self {
            families: per_family.len(),
            people: pedigree.people().len(),
            photos: pedigree.photos().len(),
            per_person: Spread::new(per_person.collect()),
            per_family: Spread::new(per_family),
            kin: relationships.map(|listed| KinSummary::new(pedigree, listed)),
        }
    }
}

impl Spread {
    fn new(mut numbers: Vec<usize>) -> Self {
        numbers.sort_unstable();
        let [Some(&smallest), Some(&largest)] = [numbers.first(), numbers.last()] else {
            return Self::default();
        };
        let [low, high] = [(numbers.len() - 1) / 2, numbers.len() / 2].map(|i| numbers[i] as f64);
        Self { smallest, median: f64::midpoint(low, high), largest }
    }
}

impl KinSummary {
    fn new(pedigree: &Pedigree, listed: &[Relationship]) -> Self {
        let mut usable = KinCount::default();
        let mut by_relation = BTreeMap::new();
        for kin in pedigree.kin() {
            let count = KinCount::new(pedigree, kin);
            usable.add(count);
            if let Some(relation) = kin.relation {
                by_relation.entry(relation).or_insert_with(KinCount::default).add(count);
            }
        }
        let people: BTreeSet<PersonId> = listed.iter().flat_map(Relationship::people).collect();
        let skipped = pedigree.skipped.clone();
        let used_or_skipped = usable.pairs + skipped.lacking_photos + skipped.across_families;
        Self {
            listed_pairs: listed.len(),
            listed_people: people.len(),
            usable,
            by_relation,
            repeated: listed.len() - used_or_skipped,
            skipped,
        }
    }
}

impl KinCount {
    /// Counts the photo pairs of two kin without creating them, as there can be many.
    fn new(pedigree: &Pedigree, kin: &KinPair) -> Self {
        let [first, second] = kin.people.map(|person| source_photos(pedigree, person));
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for source in &first {
            *counts.entry(source).or_default() += 1;
        }
        let same_source: usize = second.iter().filter_map(|source| counts.get(source)).sum();
        Self { pairs: 1, photo_pairs: first.len() * second.len() - same_source, same_source }
    }

    fn add(&mut self, other: Self) {
        self.pairs += other.pairs;
        self.photo_pairs += other.photo_pairs;
        self.same_source += other.same_source;
    }
}

/// Returns the source photograph of each photo of a person.
fn source_photos(pedigree: &Pedigree, person: usize) -> Vec<&str> {
    let photos = pedigree.people()[person].photos.iter();
    photos.map(|&photo| pedigree.photos()[photo].source_photo()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_is_halfway_between_the_middle_two() {
        let spread = |numbers: &[usize]| {
            let Spread { smallest, median, largest } = Spread::new(numbers.to_vec());
            (smallest, median, largest)
        };
        assert_eq!(spread(&[9, 1, 4]), (1, 4.0, 9));
        assert_eq!(spread(&[9, 1, 4, 5]), (1, 4.5, 9));
        assert_eq!(spread(&[]), (0, 0.0, 0));
    }

    #[test]
    fn photo_pairs_are_counted_as_going_through_them_all_counts_them() {
        let photos = |person: &str, names: &[&str]| -> Vec<_> {
            names.iter().map(|name| format!("F0001/{person}/{name}").parse().unwrap()).collect()
        };
        let photos = [
            photos("MID1", &["P1_face0", "P1_face1", "P2_face0", "P4_face0"]),
            photos("MID2", &["P1_face2", "P2_face1", "P3_face0"]),
        ];
        let people = ["F0001/MID1", "F0001/MID2"].map(|id| id.parse().unwrap());
        let listed = [Relationship::new(people[0], people[1], None).unwrap()];
        let pedigree = Pedigree::new(photos.concat(), &listed);
        let count = KinCount::new(&pedigree, &pedigree.kin()[0]);

        let [first, second] = [0, 1].map(|person: usize| &pedigree.people()[person].photos);
        let all = first.iter().flat_map(|&a| second.iter().map(move |&b| [a, b]));
        let same_source = all.clone().filter(|&pair| pedigree.share_source(pair)).count();
        assert_eq!(
            (count.same_source, count.photo_pairs),
            (same_source, all.count() - same_source)
        );
        assert_eq!(same_source, 3);
    }
}

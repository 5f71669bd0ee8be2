//! Pairs of photos, half of them of kin, to learn from and to be judged by.

use std::collections::BTreeMap;

use rand::Rng;
use rand::SeedableRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::Pedigree;
use super::pedigree::Kin;
use crate::domain::Relation;

/// Two photos of two people, of whom it is known whether they are kin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PhotoPair {
    /// Places of the photos.
    pub photos: [usize; 2],
    /// Places of the families; one family where they are kin, two where they are not.
    pub families: [usize; 2],
    /// Whether the two people are listed as kin.
    pub is_kin: bool,
    /// How they are related; of others, how the pair that they were matched to is.
    pub relation: Option<Relation>,
}

/// How pairs for training are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Sampling {
    /// Most kin pairs of one family in an epoch.
    pub per_family: usize,
    /// Photo pairs of one pair of people in an epoch.
    pub per_kin: usize,
    /// Share of the others, 0 to 1, who have the roles of the kin beside them: their sexes and generations, as far as
    /// the relation says.
    pub role_matched: f64,
}

/// Draws pairs of photos of some families of a pedigree.
///
/// Kin are listed, and their two faces never cut from one photograph. Others are of two families, because relatives
/// within a family are not all listed; each stands beside a kin pair and is made of one of its people and one of another
/// kin pair, so that nobody is met more often among kin than among others.
pub struct PairSampler<'a> {
    pedigree: &'a Pedigree,
    kin: Vec<Kin>,
    by_relation: BTreeMap<Option<Relation>, Vec<usize>>,
    random: ChaCha8Rng,
}

/// How often a draw that broke a promise is tried again before it is given up.
const TRIES: usize = 32;

impl<'a> PairSampler<'a> {
    /// A sampler over the kin of `families`.
    pub fn new(pedigree: &'a Pedigree, families: &[usize], seed: u64) -> Self {
        let of = |kin: &&Kin| families.contains(&kin.family);
        let kin: Vec<Kin> = pedigree.kin().iter().filter(of).copied().collect();
        let mut by_relation: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, kin) in kin.iter().enumerate() {
            by_relation.entry(kin.relation).or_default().push(at);
        }
        Self { pedigree, kin, by_relation, random: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// The pairs of one epoch, shuffled; at each even place a pair of kin and after it one of others.
    pub fn epoch(&mut self, sampling: &Sampling) -> Vec<PhotoPair> {
        let mut pairs = Vec::new();
        for kin in self.capped(sampling.per_family) {
            for _ in 0..sampling.per_kin {
                let Some(positive) = self.kin_photos(kin) else { break };
                let matched = self.random.random_bool(sampling.role_matched);
                pairs.extend(self.others(kin, matched).map(|negative| [positive, negative]));
            }
        }
        pairs.shuffle(&mut self.random);
        pairs.into_flattened()
    }

    /// The pairs of the verification protocol: of every two listed kin `per_kin` different photo pairs, or as many as
    /// there are, and beside each a pair of others with the same roles.
    pub fn protocol(&mut self, per_kin: usize) -> Vec<PhotoPair> {
        let mut pairs = Vec::new();
        for kin in self.kin.clone() {
            let mut all = self.all_photos(kin);
            let (chosen, _) = all.partial_shuffle(&mut self.random, per_kin);
            for &mut positive in chosen {
                pairs.extend(self.others(kin, true).map(|negative| [positive, negative]));
            }
        }
        pairs.into_flattened()
    }

    /// One pair of kin of every family; no two of them are kin to each other.
    pub fn one_per_family(&mut self) -> Vec<PhotoPair> {
        let kin = self.capped(1);
        kin.into_iter().filter_map(|kin| self.kin_photos(kin)).collect()
    }

    /// At most `per_family` kin pairs of each family.
    fn capped(&mut self, per_family: usize) -> Vec<Kin> {
        let mut by_family: BTreeMap<usize, Vec<Kin>> = BTreeMap::new();
        for kin in &self.kin {
            by_family.entry(kin.family).or_default().push(*kin);
        }
        let mut chosen = Vec::new();
        for kin in by_family.values_mut() {
            chosen.extend_from_slice(kin.partial_shuffle(&mut self.random, per_family).0);
        }
        chosen
    }

    /// Every photo pair of two kin.
    fn all_photos(&self, kin: Kin) -> Vec<PhotoPair> {
        let [first, second] = kin.people.map(|at| &self.pedigree.people()[at].photos);
        let pairs = first.iter().flat_map(|&a| second.iter().map(move |&b| [a, b]));
        let apart = pairs.filter(|&photos| !self.pedigree.share_source(photos));
        apart.map(|photos| kin_pair(kin, photos)).collect()
    }

    /// A random photo pair of two kin; none where all are of one photograph.
    fn kin_photos(&mut self, kin: Kin) -> Option<PhotoPair> {
        for _ in 0..TRIES {
            let photos = kin.people.map(|person| self.photo_of(person));
            if !self.pedigree.share_source(photos) {
                return Some(kin_pair(kin, photos));
            }
        }
        self.all_photos(kin).choose(&mut self.random).copied()
    }

    /// One of two kin beside one of another two, who are of another family. None where there is no other family.
    fn others(&mut self, kin: Kin, role_matched: bool) -> Option<PhotoPair> {
        for attempt in 0..TRIES {
            // A role that only one family has cannot be matched.
            let alike = role_matched && attempt < TRIES / 2;
            let other = if alike {
                *self.by_relation[&kin.relation].choose(&mut self.random)?
            } else {
                self.random.random_range(0..self.kin.len())
            };
            let (other, side) = (self.kin[other], self.random.random_range(0..2));
            let mut people = kin.people;
            people[side] = other.people[side];
            if other.family != kin.family && !self.pedigree.is_listed(people) {
                let photos = people.map(|person| self.photo_of(person));
                let families = people.map(|person| self.pedigree.people()[person].family);
                let relation = kin.relation;
                return Some(PhotoPair { photos, families, is_kin: false, relation });
            }
        }
        None
    }

    fn photo_of(&mut self, person: usize) -> usize {
        let photos = &self.pedigree.people()[person].photos;
        photos[self.random.random_range(0..photos.len())]
    }
}

fn kin_pair(kin: Kin, photos: [usize; 2]) -> PhotoPair {
    PhotoPair { photos, families: [kin.family; 2], is_kin: true, relation: kin.relation }
}

//! Balanced kin and non-kin photo pairs, for training and evaluation.

use std::collections::BTreeMap;

use rand::Rng;
use rand::SeedableRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::Pedigree;
use super::pedigree::KinPair;
use crate::domain::Relation;

/// Two photos of two people, labeled kin or non-kin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PhotoPair {
    /// Indices of the photos.
    pub photos: [usize; 2],
    /// Indices of the families: one family for kin, two for non-kin.
    pub families: [usize; 2],
    /// Whether the two people are listed as kin.
    pub is_kin: bool,
    /// Their relation. For non-kin, the relation of the kin pair they were matched to.
    pub relation: Option<Relation>,
}

/// Parameters for drawing training pairs.
#[derive(Clone, Copy, Debug)]
pub struct Sampling {
    /// Maximum kin pairs of one family in an epoch.
    pub per_family: usize,
    /// Photo pairs of one pair of people in an epoch.
    pub per_kin: usize,
    /// Share of non-kin pairs with the roles of the preceding kin pair, 0 to 1.
    ///
    /// Roles are sexes and generations, as far as the relation implies them.
    pub role_matched: f64,
}

/// Roles of a non-kin pair, compared with its kin pair.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NonKinRoles {
    Any,
    /// The same roles, if another family has them.
    Same,
}

/// Draws photo pairs of some families of a pedigree.
///
/// Kin are listed, and their two faces are never cut from one photograph. Non-kin are of two
/// families, because relatives within a family are not all listed.
///
/// Each non-kin pair follows a kin pair. It has one person of that pair and one of another kin
/// pair. So no person is more frequent among kin than among non-kin.
pub struct PairSampler<'a> {
    pedigree: &'a Pedigree,
    kin: Vec<KinPair>,
    by_relation: BTreeMap<Option<Relation>, Vec<usize>>,
    random: ChaCha8Rng,
}

/// Maximum retries of a draw that violates a condition.
const TRIES: usize = 32;

impl<'a> PairSampler<'a> {
    /// Creates a sampler over the kin of `families`.
    pub fn new(pedigree: &'a Pedigree, families: &[usize], seed: u64) -> Self {
        let kin = pedigree.kin().iter().copied();
        let kin: Vec<KinPair> = kin.filter(|kin| families.contains(&kin.family)).collect();
        let mut by_relation: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (i, kin) in kin.iter().enumerate() {
            by_relation.entry(kin.relation).or_default().push(i);
        }
        Self { pedigree, kin, by_relation, random: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// Draws the pairs of one epoch, shuffled. Kin pairs have even indices, each followed by a
    /// non-kin pair.
    pub fn epoch(&mut self, sampling: &Sampling) -> Vec<PhotoPair> {
        let mut pairs = Vec::new();
        for kin in self.capped(sampling.per_family) {
            for _ in 0..sampling.per_kin {
                let Some(positive) = self.kin_photos(kin) else { break };
                let matched = self.random.random_bool(sampling.role_matched);
                let roles = if matched { NonKinRoles::Same } else { NonKinRoles::Any };
                pairs.extend(self.non_kin_photos(kin, roles).map(|negative| [positive, negative]));
            }
        }
        pairs.shuffle(&mut self.random);
        pairs.into_flattened()
    }

    /// Draws the pairs of the verification protocol.
    ///
    /// Each two listed kin give `per_kin` different photo pairs, or as many as exist. Each is
    /// followed by a non-kin pair with the same roles.
    pub fn protocol(&mut self, per_kin: usize) -> Vec<PhotoPair> {
        let mut pairs = Vec::new();
        for kin in self.kin.clone() {
            let mut all = self.all_photos(kin);
            let (chosen, _) = all.partial_shuffle(&mut self.random, per_kin);
            for &mut positive in chosen {
                let negative = self.non_kin_photos(kin, NonKinRoles::Same);
                pairs.extend(negative.map(|negative| [positive, negative]));
            }
        }
        pairs.into_flattened()
    }

    /// Draws one kin pair of every family. No two pairs are kin to each other.
    pub fn one_per_family(&mut self) -> Vec<PhotoPair> {
        let kin = self.capped(1);
        kin.into_iter().filter_map(|kin| self.kin_photos(kin)).collect()
    }

    /// Draws at most `per_family` kin pairs of each family.
    fn capped(&mut self, per_family: usize) -> Vec<KinPair> {
        let mut by_family: BTreeMap<usize, Vec<KinPair>> = BTreeMap::new();
        for kin in &self.kin {
            by_family.entry(kin.family).or_default().push(*kin);
        }
        let mut chosen = Vec::new();
        for kin in by_family.values_mut() {
            chosen.extend_from_slice(kin.partial_shuffle(&mut self.random, per_family).0);
        }
        chosen
    }

    /// Returns every photo pair of two kin.
    fn all_photos(&self, kin: KinPair) -> Vec<PhotoPair> {
        let [first, second] = kin.people.map(|person| &self.pedigree.people()[person].photos);
        let pairs = first.iter().flat_map(|&a| second.iter().map(move |&b| [a, b]));
        pairs
            .filter(|&photos| !self.pedigree.share_source(photos))
            .map(|photos| kin_pair(kin, photos))
            .collect()
    }

    /// Draws a photo pair of two kin. Returns `None` if all are of one photograph.
    fn kin_photos(&mut self, kin: KinPair) -> Option<PhotoPair> {
        for _ in 0..TRIES {
            let photos = kin.people.map(|person| self.photo_of(person));
            if !self.pedigree.share_source(photos) {
                return Some(kin_pair(kin, photos));
            }
        }
        self.all_photos(kin).choose(&mut self.random).copied()
    }

    /// Draws a photo pair of one of two kin, and one person of a kin pair of another family.
    ///
    /// Returns `None` if there is no other family.
    fn non_kin_photos(&mut self, kin: KinPair, roles: NonKinRoles) -> Option<PhotoPair> {
        for attempt in 0..TRIES {
            // A role that only one family has cannot be matched.
            let is_matched = roles == NonKinRoles::Same && attempt < TRIES / 2;
            let other = if is_matched {
                *self.by_relation[&kin.relation].choose(&mut self.random)?
            } else {
                self.random.random_range(0..self.kin.len())
            };
            let other = self.kin[other];
            let side = self.random.random_range(0..2);
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

fn kin_pair(kin: KinPair, photos: [usize; 2]) -> PhotoPair {
    PhotoPair { photos, families: [kin.family; 2], is_kin: true, relation: kin.relation }
}

//! Identity head: separates two photos of one person from two photos of kin.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::calibration::platt;
use crate::dataset::PairSampler;
use crate::kinship::{Calibration, Head, KinshipError, Rows};
use crate::metrics::Pairs;
use crate::train::data::corpus::Corpus;

/// Head with its calibration. Scores are high for one person and low for kin.
pub(crate) struct IdentityHead {
    pub(crate) head: Head,
    /// Converts the score to the log likelihood ratio of the same person against kin.
    pub(crate) calibration: Calibration,
    /// Log likelihood ratios of the half that the calibration was fitted to.
    ///
    /// The scores are those of a head that was fitted to the other half. "Kin" marks pairs of one
    /// person.
    pub(crate) evaluated: Pairs,
}

/// Maximum number of photo pairs of one person, and of two kin.
const PAIRS: usize = 10;
/// Penalty per pair. Identity depends on more directions than kinship.
const RIDGE: f64 = 0.3;

/// Photo pairs of one backbone.
#[derive(Default)]
struct LabeledPairs {
    first: Vec<f32>,
    second: Vec<f32>,
    is_same: Vec<bool>,
    weights: Vec<f64>,
    /// The family of each pair, numbered over all sources.
    families: Vec<usize>,
}

/// Kind of the pairs that train the identity head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PairLabel {
    SamePerson,
    Kin,
}

/// Photos of one person or of two kin, with their family in its source.
#[derive(Clone, Copy)]
struct FamilyPhotoPair {
    photos: [usize; 2],
    family: usize,
}

impl LabeledPairs {
    /// Adds pairs of one kind that together count as 1.
    ///
    /// The source's families are numbered from `first_family`.
    fn add(
        &mut self,
        rows: &Rows,
        pairs: &[FamilyPhotoPair],
        label: PairLabel,
        first_family: usize,
    ) {
        for &FamilyPhotoPair { photos: [a, b], family } in pairs {
            self.families.push(first_family + family);
            self.first.extend_from_slice(rows.row(a));
            self.second.extend_from_slice(rows.row(b));
            self.is_same.push(label == PairLabel::SamePerson);
            self.weights.push(1.0 / pairs.len() as f64);
        }
    }

    fn sides(&self, width: usize) -> Result<[Rows; 2], KinshipError> {
        Ok([
            Rows::from_values(self.first.clone(), width)?,
            Rows::from_values(self.second.clone(), width)?,
        ])
    }

    fn fit_head(&self, width: usize) -> Result<Head, KinshipError> {
        let [first, second] = self.sides(width)?;
        Head::fit_regression(&first, &second, &self.is_same, RIDGE)
    }

    /// Returns the total weight of the pairs of one kind.
    fn total_weight(&self, label: PairLabel) -> f64 {
        let pairs = self.is_same.iter().zip(&self.weights);
        pairs
            .filter(|(is_same, _)| **is_same == (label == PairLabel::SamePerson))
            .map(|(_, weight)| weight)
            .sum()
    }
}

impl IdentityHead {
    /// Fits the head to photos of one person and of listed kin.
    ///
    /// The embeddings are those of the first backbone. The pairs come from all `sources`. The
    /// calibration uses the half of the families and people that a first fit did not see.
    ///
    /// # Errors
    /// [`KinshipError::NoPairs`] if no person has several photos, or no person has kin.
    pub(crate) fn fit(sources: &[Corpus], seed: u64) -> Result<Self, KinshipError> {
        let mut halves = [LabeledPairs::default(), LabeledPairs::default()];
        let mut first_family = 0;
        for source in sources {
            let rows = &source.backbones[0].1;
            for (half, pairs) in halves.iter_mut().enumerate() {
                let same_person = same_person_pairs(source, half, seed);
                let kin = kin_pairs(source, half, seed);
                pairs.add(rows, &same_person, PairLabel::SamePerson, first_family);
                pairs.add(rows, &kin, PairLabel::Kin, first_family);
            }
            first_family += source.pedigree.families().len();
        }
        let width = sources[0].backbones[0].1.dimension();
        let [training, held_out] = &halves;
        if training.is_same.is_empty() || held_out.is_same.is_empty() {
            return Err(KinshipError::NoPairs { what: "the identity head" });
        }
        let [first, second] = held_out.sides(width)?;
        let scores = training.fit_head(width)?.scores(&first, &second)?;
        let calibration = platt(&scores, &held_out.is_same, Some(balanced_weights(held_out)))?;
        let evaluated = Pairs {
            scores: scores.iter().map(|&score| calibration.log_odds(score)).collect(),
            is_kin: held_out.is_same.clone(),
            families: held_out.families.iter().map(|&family| [family; 2]).collect(),
            relations: vec![None; scores.len()],
        };
        let mut all = LabeledPairs::default();
        for half in halves {
            all.first.extend(half.first);
            all.second.extend(half.second);
            all.is_same.extend(half.is_same);
        }
        Ok(Self { head: all.fit_head(width)?, calibration, evaluated })
    }
}

/// Returns weights by which both kinds of pairs count equally, with the mean 1.
fn balanced_weights(pairs: &LabeledPairs) -> Vec<f64> {
    let kin = pairs.total_weight(PairLabel::Kin);
    let same_person = pairs.total_weight(PairLabel::SamePerson);
    let half = pairs.weights.len() as f64 / 2.0;
    let mut weights = Vec::new();
    for (&is_same, weight) in pairs.is_same.iter().zip(&pairs.weights) {
        let total = if is_same { same_person } else { kin };
        weights.push(weight * half / f64::max(total, 1e-12));
    }
    weights
}

/// Returns photo pairs of one person that are not crops of one photograph.
///
/// The families are those with an index of `half` modulo 2.
fn same_person_pairs(source: &Corpus, half: usize, seed: u64) -> Vec<FamilyPhotoPair> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut pairs = Vec::new();
    for person in source.pedigree.people().iter().filter(|person| person.family % 2 == half) {
        let photos = &person.photos;
        let mut candidates: Vec<[usize; 2]> = photos
            .iter()
            .enumerate()
            .flat_map(|(i, &a)| photos[i + 1..].iter().map(move |&b| [a, b]))
            .filter(|&pair| !source.pedigree.share_source(pair))
            .collect();
        let (chosen, _) = candidates.partial_shuffle(&mut random, PAIRS);
        let family = person.family;
        pairs.extend(chosen.iter().map(|&photos| FamilyPhotoPair { photos, family }));
    }
    pairs
}

/// Returns photo pairs of listed kin, of families as in [`same_person_pairs`].
fn kin_pairs(source: &Corpus, half: usize, seed: u64) -> Vec<FamilyPhotoPair> {
    let mut families = source.pedigree.families_with_kin();
    families.retain(|&family| family % 2 == half);
    let pairs = PairSampler::new(&source.pedigree, &families, seed).protocol(PAIRS);
    let kin = pairs.into_iter().filter(|pair| pair.is_kin);
    kin.map(|pair| FamilyPhotoPair { photos: pair.photos, family: pair.families[0] }).collect()
}

//! Examples of pairs, and the distribution of their probabilities.

use std::collections::HashSet;

use serde::Serialize;

use crate::metrics::Pairs;
use crate::train::data::corpus::Corpus;
use crate::train::runs::ensemble::pair_set::PairSet;

/// Pairs by their probabilities, from 0 to 1.
#[derive(Clone, Debug, Serialize)]
pub struct Histogram {
    /// Kin pairs in each part.
    pub kin: Vec<usize>,
    /// Other pairs in each part.
    pub others: Vec<usize>,
}

/// Pair shown as an example.
#[derive(Clone, Debug, Serialize)]
pub struct Example {
    /// Ids of the photos, such as F0001/MID1/P00001_face0.
    pub photos: [String; 2],
    /// Probability of kinship at even odds, 0 to 1.
    pub probability: f64,
    /// Whether the people are kin.
    pub is_kin: bool,
}

/// Number of parts of the histogram.
const PARTS: usize = 20;
/// Number of kin pairs shown, of the best and of the worst. Equally many other pairs are shown.
const EXAMPLES: usize = 10;

/// Counts the pairs in equal parts of their probabilities.
pub(super) fn histogram(pairs: &Pairs) -> Histogram {
    let mut counts = [vec![0; PARTS], vec![0; PARTS]];
    for (score, &is_kin) in pairs.scores.iter().zip(&pairs.is_kin) {
        counts[usize::from(is_kin)][((score * PARTS as f64) as usize).min(PARTS - 1)] += 1;
    }
    let [others, kin] = counts;
    Histogram { kin, others }
}

/// Kind of the example pairs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ExampleKind {
    Mistakes,
    Successes,
}

/// Returns the most confident errors or correct results.
///
/// Any two families contribute at most one pair of each kind.
pub(super) fn examples(
    source: &Corpus,
    pair_set: &PairSet,
    probabilities: &[f64],
    kind: ExampleKind,
) -> Vec<Example> {
    let photos = source.pedigree.photos();
    let mut found = Vec::new();
    for is_kin in [true, false] {
        let mut indices: Vec<usize> =
            (0..pair_set.pairs.len()).filter(|&i| pair_set.pairs[i].is_kin == is_kin).collect();
        let likely_first = is_kin != (kind == ExampleKind::Mistakes);
        indices.sort_by(|&a, &b| {
            let order = probabilities[a].total_cmp(&probabilities[b]);
            if likely_first { order.reverse() } else { order }
        });
        let mut seen = HashSet::new();
        indices.retain(|&i| seen.insert(pair_set.pairs[i].families));
        found.extend(indices.into_iter().take(EXAMPLES).map(|i| Example {
            photos: pair_set.pairs[i].photos.map(|photo| photos[photo].to_string()),
            probability: probabilities[i],
            is_kin,
        }));
    }
    found
}

//! One-to-one verification: kinship of the people in two photos.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::EvaluateError;
use super::context::EvaluationContext;
use super::faces::Faces;
use super::pair_counts::PairCounts;
use super::source_families::{FamilyIndex, SourcePedigree};
use crate::dataset::{ListedPair, PairSampler, Source};
use crate::domain::{Relation, Relationship};
use crate::ingest::Rejected;
use crate::kinship::probability;
use crate::metrics::{
    LikelihoodMetrics, Pairs, ProbabilityMetrics, RankingMetrics, RelationMetrics,
};

/// Verification accuracy of a bundle, with confidence intervals over families.
#[derive(Clone, Debug, Serialize)]
pub struct VerificationReport {
    /// Number of scored kin pairs.
    pub kin: usize,
    /// Number of scored unrelated pairs.
    pub others: usize,
    /// Number of families in the photos.
    pub families: usize,
    /// Number of listed pairs left out because a photo is missing or unreadable.
    pub skipped: usize,
    /// Metrics of the embeddings' cosine, the baseline, by backbone name. Chance has an area of
    /// 0.5.
    pub cosine: BTreeMap<String, RankingMetrics>,
    /// Metrics of the ensemble; `None` if the bundle has no ensemble.
    pub ensemble: Option<RankingMetrics>,
    /// Metrics of the ensemble's probabilities at even odds. A pair counts as kin from 0.5 up.
    pub probabilities: Option<ProbabilityMetrics>,
    /// Cost of the ensemble's log likelihood ratios.
    pub likelihoods: Option<LikelihoodMetrics>,
    /// Metrics of each relation, if the pairs have relations. Without an ensemble, the scores are
    /// cosines.
    pub relations: Vec<RelationMetrics>,
    /// Photos that could not be used.
    #[serde(skip)]
    pub rejected: Vec<Rejected>,
}

/// Two photos to score.
#[derive(Clone, Debug)]
pub struct VerificationPair {
    /// Paths in the source.
    pub photos: [String; 2],
    /// Family indices, from 0.
    pub families: [usize; 2],
    /// Whether the pair is kin.
    pub is_kin: bool,
    /// Relation of the pair. An unrelated pair has the one it would have if it were kin.
    pub relation: Option<Relation>,
}

/// Converts the pairs of a list. The paths determine the families.
pub fn listed_pairs(list: &[ListedPair]) -> Vec<VerificationPair> {
    let mut families = FamilyIndex::default();
    let mut pairs = Vec::with_capacity(list.len());
    for listed in list {
        pairs.push(VerificationPair {
            photos: listed.photos.clone(),
            families: listed.photos.each_ref().map(|path| families.index(path)),
            is_kin: listed.is_kin.unwrap_or_default(),
            relation: listed.relation,
        });
    }
    pairs
}

/// Draws photo pairs from a folder of families by the protocol.
///
/// Each pair of listed kin yields `per_kin` photo pairs. Each of these comes with a pair of photos
/// from two families.
///
/// # Errors
/// [`EvaluateError::Dataset`] if the folder has no photos of families.
pub fn drawn_pairs(
    source: &Source,
    relationships: &[Relationship],
    per_kin: usize,
    seed: u64,
) -> Result<Vec<VerificationPair>, EvaluateError> {
    let SourcePedigree { pedigree, paths } = SourcePedigree::read(source, relationships)?;
    let families = pedigree.families_with_kin();
    let pairs = PairSampler::new(&pedigree, &families, seed).protocol(per_kin);
    let drawn = pairs.iter().map(|pair| VerificationPair {
        photos: pair.photos.map(|i| paths[i].clone()),
        families: pair.families,
        is_kin: pair.is_kin,
        relation: pair.relation,
    });
    Ok(drawn.collect())
}

/// Scores pairs of photos.
///
/// Returns `None` if the job was cancelled.
///
/// # Errors
/// [`EvaluateError::NoPhotos`] if no photo can be embedded.
/// [`EvaluateError::NoPairs`] if no kin pair, or no unrelated pair, has both photos.
/// Other variants if a backbone fails.
pub fn verify(
    pairs: Vec<VerificationPair>,
    context: EvaluationContext<'_>,
    seed: u64,
) -> Result<Option<VerificationReport>, EvaluateError> {
    let EvaluationContext { source, bundle, progress } = context;
    let paths: BTreeSet<String> = pairs.iter().flat_map(|pair| pair.photos.clone()).collect();
    if paths.is_empty() {
        return Err(EvaluateError::NoPairs { what: "verification", kin: 0, others: 0 });
    }
    let Some(faces) = Faces::embed(paths, source, bundle, progress)? else { return Ok(None) };
    let listed = pairs.len();
    let found: Vec<(VerificationPair, [usize; 2])> = pairs
        .into_iter()
        .filter_map(|pair| faces.find(&pair.photos).map(|rows| (pair, rows)))
        .collect();
    let rows: Vec<[usize; 2]> = found.iter().map(|(_, rows)| *rows).collect();
    let pairs: Vec<VerificationPair> = found.into_iter().map(|(pair, _)| pair).collect();
    let counts = PairCounts::new("verification", pairs.iter().map(|pair| pair.is_kin))?;
    progress.begin("Judging", 0, "pairs");
    let cosines = faces.cosines(&rows)?;
    let evidence = match bundle.ensemble() {
        Some(ensemble) => Some(faces.evidence(ensemble, &rows)?),
        None => None,
    };
    let floor = scored(&pairs, cosines[0].clone());
    let by_ensemble = evidence
        .as_ref()
        .map(|evidence| scored(&pairs, evidence.iter().map(|&ratio| probability(ratio)).collect()));
    let mut cosine = BTreeMap::new();
    for (name, scores) in bundle.names().iter().zip(&cosines) {
        if let Some(metrics) = scored(&pairs, scores.clone()).ranking_metrics(seed) {
            cosine.insert(name.clone(), metrics);
        }
    }
    let families: BTreeSet<usize> = pairs.iter().flat_map(|pair| pair.families).collect();
    Ok(Some(VerificationReport {
        kin: counts.kin,
        others: counts.others,
        families: families.len(),
        skipped: listed - pairs.len(),
        cosine,
        ensemble: by_ensemble.as_ref().and_then(|pairs| pairs.ranking_metrics(seed)),
        probabilities: by_ensemble.as_ref().and_then(|pairs| pairs.probability_metrics(0.5, seed)),
        likelihoods: evidence.and_then(|e| scored(&pairs, e).likelihood_metrics(seed)),
        relations: by_ensemble.as_ref().unwrap_or(&floor).relation_metrics(&floor, 0.5, seed),
        rejected: faces.rejected,
    }))
}

fn scored(pairs: &[VerificationPair], scores: Vec<f64>) -> Pairs {
    Pairs {
        scores,
        is_kin: pairs.iter().map(|pair| pair.is_kin).collect(),
        families: pairs.iter().map(|pair| pair.families).collect(),
        relations: pairs.iter().map(|pair| pair.relation).collect(),
    }
}

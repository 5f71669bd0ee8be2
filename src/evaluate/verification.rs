//! One-to-one verification: kinship of the people in two photos.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use serde::Serialize;

use super::EvaluateError;
use super::context::EvaluationContext;
use super::faces::Faces;
use crate::bundle::Bundle;
use crate::dataset::{ListedPair, PairSampler, Pedigree, Source, family_photos};
use crate::domain::{FamilyId, PhotoId, Progress, Relation, Relationship};
use crate::ingest::Rejected;
use crate::kinship::probability;
use crate::metrics::{
    LikelihoodMetrics, Pairs, ProbabilityMetrics, RankingMetrics, RelationMetrics,
};
use crate::photo::EXTENSIONS;

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
pub struct Pair {
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
pub fn listed_pairs(list: &[ListedPair]) -> Vec<Pair> {
    let mut families = FamilyPlaces::default();
    let pair = |listed: &ListedPair| Pair {
        photos: listed.photos.clone(),
        families: listed.photos.each_ref().map(|path| families.of(path)),
        is_kin: listed.is_kin.unwrap_or_default(),
        relation: listed.relation,
    };
    list.iter().map(pair).collect()
}

/// Family indices by the paths of photos, in order of first occurrence.
#[derive(Default)]
pub(super) struct FamilyPlaces(HashMap<String, usize>);

impl FamilyPlaces {
    /// Returns the index of the family in a path.
    ///
    /// The folder counts as a family if no part of the path is one, because its photos belong
    /// together.
    pub(super) fn of(&mut self, path: &str) -> usize {
        let family = path.split('/').find(|part| part.parse::<FamilyId>().is_ok());
        let folder = || path.rsplit_once('/').map_or(path, |(folder, _)| folder);
        let next = self.0.len();
        *self.0.entry(family.unwrap_or_else(folder).to_owned()).or_insert(next)
    }
}

/// The photos of a folder of families.
pub(super) struct SourcePedigree {
    pub(super) pedigree: Pedigree,
    /// Paths of the pedigree's photos, in their order.
    pub(super) paths: Vec<String>,
}

impl SourcePedigree {
    pub(super) fn read(
        source: &Source,
        relationships: &[Relationship],
    ) -> Result<Self, EvaluateError> {
        let photos = family_photos(source, &source.list(&EXTENSIONS)?)?.photos;
        let (ids, paths): (Vec<PhotoId>, Vec<String>) = photos.into_iter().unzip();
        Ok(Self { pedigree: Pedigree::new(ids, relationships), paths })
    }
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
) -> Result<Vec<Pair>, EvaluateError> {
    let SourcePedigree { pedigree, paths } = SourcePedigree::read(source, relationships)?;
    let families = pedigree.families_with_kin();
    let pairs = PairSampler::new(&pedigree, &families, seed).protocol(per_kin);
    let pair = |pair: &crate::dataset::PhotoPair| Pair {
        photos: pair.photos.map(|at| paths[at].clone()),
        families: pair.families,
        is_kin: pair.is_kin,
        relation: pair.relation,
    };
    Ok(pairs.iter().map(pair).collect())
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
    pairs: Vec<Pair>,
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
    let found: Vec<(Pair, [usize; 2])> = pairs
        .into_iter()
        .filter_map(|pair| faces.find(&pair.photos).map(|places| (pair, places)))
        .collect();
    let places: Vec<[usize; 2]> = found.iter().map(|(_, places)| *places).collect();
    let pairs: Vec<Pair> = found.into_iter().map(|(pair, _)| pair).collect();
    let kin = pairs.iter().filter(|pair| pair.is_kin).count();
    let others = pairs.len() - kin;
    if kin == 0 || others == 0 {
        return Err(EvaluateError::NoPairs { what: "verification", kin, others });
    }
    progress.begin("Judging", 0, "pairs");
    let cosines = faces.cosines(&places)?;
    let evidence = match bundle.ensemble() {
        Some(ensemble) => Some(faces.evidence(ensemble, &places)?),
        None => None,
    };
    let floor = scored(&pairs, cosines[0].clone());
    let by_ensemble = evidence
        .as_ref()
        .map(|evidence| scored(&pairs, evidence.iter().map(|&ratio| probability(ratio)).collect()));
    let figures = |scores: &Vec<f64>| scored(&pairs, scores.clone()).ranking_metrics(seed);
    let floors = bundle.names().iter().cloned().zip(cosines.iter().map(figures));
    let families: BTreeSet<usize> = pairs.iter().flat_map(|pair| pair.families).collect();
    Ok(Some(VerificationReport {
        kin,
        others,
        families: families.len(),
        skipped: listed - pairs.len(),
        cosine: floors.filter_map(|(name, figures)| Some((name, figures?))).collect(),
        ensemble: by_ensemble.as_ref().and_then(|pairs| pairs.ranking_metrics(seed)),
        probabilities: by_ensemble.as_ref().and_then(|pairs| pairs.probability_metrics(0.5, seed)),
        likelihoods: evidence.and_then(|e| scored(&pairs, e).likelihood_metrics(seed)),
        relations: by_ensemble.as_ref().unwrap_or(&floor).relation_metrics(&floor, 0.5, seed),
        rejected: faces.rejected,
    }))
}

fn scored(pairs: &[Pair], scores: Vec<f64>) -> Pairs {
    Pairs {
        scores,
        is_kin: pairs.iter().map(|pair| pair.is_kin).collect(),
        families: pairs.iter().map(|pair| pair.families).collect(),
        relations: pairs.iter().map(|pair| pair.relation).collect(),
    }
}

/// Predictions for a submission.
pub struct Answers {
    /// Probability of kinship of each pair, 0 to 1. It is 0.5 if a photo could not be used.
    pub probabilities: Vec<f64>,
    /// Photos that could not be used.
    pub rejected: Vec<Rejected>,
}

/// Scores the pairs of a submission.
///
/// Returns `None` if the job was cancelled.
///
/// # Errors
/// [`EvaluateError::NoEnsemble`] if the bundle is not trained.
/// [`EvaluateError::NoPhotos`] if no photo can be embedded.
/// [`EvaluateError::Kinship`] if no pair has both photos.
/// Other variants if a backbone fails.
pub fn submission(
    pairs: &[ListedPair],
    root: &Path,
    bundle: &Bundle,
    progress: &dyn Progress,
) -> Result<Option<Answers>, EvaluateError> {
    let ensemble = bundle.ensemble().ok_or(EvaluateError::NoEnsemble)?;
    let paths = pairs.iter().flat_map(|pair| pair.photos.clone()).collect();
    let mut source = Source::open(root)?;
    let Some(faces) = Faces::embed(paths, &mut source, bundle, progress)? else {
        return Ok(None);
    };
    let found: Vec<Option<[usize; 2]>> =
        pairs.iter().map(|pair| faces.find(&pair.photos)).collect();
    let places: Vec<[usize; 2]> = found.iter().copied().flatten().collect();
    let mut evidence = faces.evidence(ensemble, &places)?.into_iter();
    let mut answer = |place: &Option<[usize; 2]>| match place {
        Some(_) => evidence.next().map_or(0.5, probability),
        None => 0.5,
    };
    let probabilities = found.iter().map(&mut answer).collect();
    Ok(Some(Answers { probabilities, rejected: faces.rejected }))
}

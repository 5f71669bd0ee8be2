//! Verification, one to one: are the people in two photos kin?

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use serde::Serialize;

use super::EvaluateError;
use super::faces::Faces;
use crate::dataset::{ListedPair, PairSampler, Pedigree, Source, family_photos};
use crate::domain::{FamilyId, PhotoId, Progress, Relation, Relationship};
use crate::embedder::Embedder;
use crate::ingest::Rejected;
use crate::kinship::probability;
use crate::metrics::{
    LikelihoodFigures, Pairs, ProbabilityFigures, RankingFigures, RelationFigures,
};
use crate::photo::EXTENSIONS;

/// How well a bundle tells kin from others, with intervals over families.
#[derive(Clone, Debug, Serialize)]
pub struct VerificationReport {
    /// Pairs of kin that were judged.
    pub kin: usize,
    /// Other pairs that were judged.
    pub others: usize,
    /// Families of the photos.
    pub families: usize,
    /// Listed pairs left out because a photo is missing or unreadable.
    pub skipped: usize,
    /// Per backbone its name and the floor: the cosine of its embeddings. Chance has an area of 0.5.
    pub cosine: BTreeMap<String, RankingFigures>,
    /// The ensemble; none where the bundle has none.
    pub ensemble: Option<RankingFigures>,
    /// The ensemble's probabilities at even odds; a pair is taken for kin from 0.5 on.
    pub probabilities: Option<ProbabilityFigures>,
    /// The cost of the ensemble's log likelihood ratios.
    pub likelihoods: Option<LikelihoodFigures>,
    /// Relation by relation where the pairs have them; the cosine's alone where there is no ensemble.
    pub relations: Vec<RelationFigures>,
    /// Photos that could not be used.
    #[serde(skip)]
    pub rejected: Vec<Rejected>,
}

/// Two photos to be judged.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Paths in the source.
    pub photos: [String; 2],
    /// Families, from 0.
    pub families: [usize; 2],
    /// Whether they are kin.
    pub is_kin: bool,
    /// How they are related, or would be if they were.
    pub relation: Option<Relation>,
}

/// Pairs of a list; families are told by the paths.
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

/// Families by the paths of their photos, numbered as they come.
#[derive(Default)]
pub(super) struct FamilyPlaces(HashMap<String, usize>);

impl FamilyPlaces {
    /// The place of the family in a path, or of the folder, where no part of it is a family: what comes and goes
    /// together.
    pub(super) fn of(&mut self, path: &str) -> usize {
        let family = path.split('/').find(|part| part.parse::<FamilyId>().is_ok());
        let folder = || path.rsplit_once('/').map_or(path, |(folder, _)| folder);
        let next = self.0.len();
        *self.0.entry(family.unwrap_or_else(folder).to_owned()).or_insert(next)
    }
}

/// Pairs drawn by the protocol from a folder of families: of every two listed kin `per_kin` photo pairs, and beside
/// each a pair of two families.
///
/// # Errors
/// When the folder has no photos of families.
pub fn drawn_pairs(
    source: &Source,
    relationships: &[Relationship],
    (per_kin, seed): (usize, u64),
) -> Result<Vec<Pair>, EvaluateError> {
    let photos = family_photos(source, &source.list(&EXTENSIONS)?)?.photos;
    let (ids, paths): (Vec<PhotoId>, Vec<String>) = photos.into_iter().unzip();
    let pedigree = Pedigree::new(ids, relationships);
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

/// Judges pairs of photos in `source`. None where `progress` asked to stop.
///
/// # Errors
/// When no pair has both photos, there are no pairs of both kinds, or a backbone fails.
pub fn verify(
    pairs: Vec<Pair>,
    (source, embedder): (&mut Source, &Embedder),
    seed: u64,
    progress: &dyn Progress,
) -> Result<Option<VerificationReport>, EvaluateError> {
    let paths: BTreeSet<String> = pairs.iter().flat_map(|pair| pair.photos.clone()).collect();
    if paths.is_empty() {
        return Err(EvaluateError::NoPairs { what: "verification", kin: 0, others: 0 });
    }
    let Some(faces) = Faces::embed(paths, (source, embedder), progress)? else { return Ok(None) };
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
    let evidence = match embedder.ensemble() {
        Some(ensemble) => Some(faces.evidence(ensemble, &places)?),
        None => None,
    };
    let floor = scored(&pairs, cosines[0].clone());
    let by_ensemble = evidence
        .as_ref()
        .map(|evidence| scored(&pairs, evidence.iter().map(|&ratio| probability(ratio)).collect()));
    let figures = |scores: &Vec<f64>| scored(&pairs, scores.clone()).ranking_figures(seed);
    let floors = embedder.names().iter().cloned().zip(cosines.iter().map(figures));
    let families: BTreeSet<usize> = pairs.iter().flat_map(|pair| pair.families).collect();
    Ok(Some(VerificationReport {
        kin,
        others,
        families: families.len(),
        skipped: listed - pairs.len(),
        cosine: floors.filter_map(|(name, figures)| Some((name, figures?))).collect(),
        ensemble: by_ensemble.as_ref().and_then(|pairs| pairs.ranking_figures(seed)),
        probabilities: by_ensemble.as_ref().and_then(|pairs| pairs.probability_figures(0.5, seed)),
        likelihoods: evidence.and_then(|e| scored(&pairs, e).likelihood_figures(seed)),
        relations: by_ensemble.as_ref().unwrap_or(&floor).relation_figures(&floor, (0.5, seed)),
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

/// The answers to a submission.
pub struct Answers {
    /// Per pair how likely it is kin, 0 to 1; a pair with a photo that could not be used is as likely as not.
    pub probabilities: Vec<f64>,
    /// Photos that could not be used.
    pub rejected: Vec<Rejected>,
}

/// Judges the pairs of a submission. None where `progress` asked to stop.
///
/// # Errors
/// When the bundle is not trained, no pair has both photos, or a backbone fails.
pub fn submission(
    pairs: &[ListedPair],
    (root, embedder): (&Path, &Embedder),
    progress: &dyn Progress,
) -> Result<Option<Answers>, EvaluateError> {
    let ensemble = embedder.ensemble().ok_or(EvaluateError::NoEnsemble)?;
    let paths = pairs.iter().flat_map(|pair| pair.photos.clone()).collect();
    let mut source = Source::open(root)?;
    let Some(faces) = Faces::embed(paths, (&mut source, embedder), progress)? else {
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

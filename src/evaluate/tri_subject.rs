//! Tri-subject verification: kinship of a child and two parents.

use std::collections::BTreeSet;

use serde::Serialize;

use super::EvaluateError;
use super::context::EvaluationContext;
use super::faces::Faces;
use super::pair_counts::PairCounts;
use super::source_families::{FamilyIndex, SourcePedigree};
use crate::dataset::{ListedTrio, Source, draw_trios};
use crate::domain::Relationship;
use crate::ingest::Rejected;
use crate::kinship::probability;
use crate::metrics::{LikelihoodMetrics, Pairs, ProbabilityMetrics, RankingMetrics};

/// Accuracy of parents-and-child verification, with confidence intervals over families.
#[derive(Clone, Debug, Serialize)]
pub struct TriSubjectReport {
    /// Number of trios that are a family.
    pub kin: usize,
    /// Number of trios that are not a family.
    pub others: usize,
    /// Number of listed trios left out because a photo is missing or unreadable.
    pub skipped: usize,
    /// Metrics of the father's score alone.
    pub father: Option<RankingMetrics>,
    /// Metrics of the mother's score alone.
    pub mother: Option<RankingMetrics>,
    /// Metrics of the sum of both log likelihood ratios.
    pub both: Option<RankingMetrics>,
    /// Metrics of the probabilities by both parents. A trio counts as a family from 0.5 up.
    pub probabilities: Option<ProbabilityMetrics>,
    /// Cost of the log likelihood ratios by both parents.
    pub likelihoods: Option<LikelihoodMetrics>,
    /// Metrics of the mean cosine of the child and its parents, in the retrieval space.
    pub cosine: Option<RankingMetrics>,
    /// Photos that could not be used.
    #[serde(skip)]
    pub rejected: Vec<Rejected>,
}

/// Draws trios of listed parents and their children from a folder of families.
///
/// # Errors
/// [`EvaluateError::Dataset`] if the folder has no photos of families.
pub fn drawn_trios(
    source: &Source,
    relationships: &[Relationship],
    per_trio: usize,
    seed: u64,
) -> Result<Vec<ListedTrio>, EvaluateError> {
    let SourcePedigree { pedigree, paths } = SourcePedigree::read(source, relationships)?;
    let trios = draw_trios(&pedigree, &pedigree.families_with_kin(), per_trio, seed);
    let listed = trios.into_iter().map(|trio| ListedTrio {
        photos: trio.photos.map(|i| paths[i].clone()),
        is_kin: trio.is_kin,
    });
    Ok(listed.collect())
}

/// Scores trios of photos.
///
/// Returns `None` if the job was cancelled.
///
/// # Errors
/// [`EvaluateError::NoEnsemble`] if the bundle is not trained.
/// [`EvaluateError::NoTrios`] if `trios` is empty.
/// [`EvaluateError::NoPhotos`] if no photo can be embedded.
/// [`EvaluateError::NoPairs`] if trios of one kind are missing.
/// Other variants if a backbone fails.
pub fn verify_trios(
    trios: &[ListedTrio],
    context: EvaluationContext<'_>,
    seed: u64,
) -> Result<Option<TriSubjectReport>, EvaluateError> {
    let EvaluationContext { source, bundle, progress } = context;
    let ensemble = bundle.ensemble().ok_or(EvaluateError::NoEnsemble)?;
    let paths: BTreeSet<String> = trios.iter().flat_map(|trio| trio.photos.clone()).collect();
    if paths.is_empty() {
        return Err(EvaluateError::NoTrios);
    }
    let Some(faces) = Faces::embed(paths, source, bundle, progress)? else { return Ok(None) };
    let found: Vec<(&ListedTrio, [usize; 3])> =
        trios.iter().filter_map(|trio| faces.find(&trio.photos).map(|rows| (trio, rows))).collect();
    let is_kin = found.iter().map(|(trio, _)| trio.is_kin);
    let counts = PairCounts::new("tri-subject verification", is_kin)?;
    progress.begin("Judging", 0, "trios");
    let with_father: Vec<[usize; 2]> =
        found.iter().map(|(_, [father, _, child])| [*father, *child]).collect();
    let with_mother: Vec<[usize; 2]> =
        found.iter().map(|(_, [_, mother, child])| [*mother, *child]).collect();
    let father = faces.evidence(ensemble, &with_father)?;
    let mother = faces.evidence(ensemble, &with_mother)?;
    let both: Vec<f64> = father.iter().zip(&mother).map(|(a, b)| a + b).collect();
    let cosine = mean(&faces.cosines(&with_father)?[0], &faces.cosines(&with_mother)?[0]);
    let blank = blank(&found);
    let probabilities = both.iter().map(|&log_odds| probability(log_odds)).collect();
    let probabilities = scored(&blank, probabilities);
    Ok(Some(TriSubjectReport {
        kin: counts.kin,
        others: counts.others,
        skipped: trios.len() - found.len(),
        father: scored(&blank, father).ranking_metrics(seed),
        mother: scored(&blank, mother).ranking_metrics(seed),
        likelihoods: scored(&blank, both.clone()).likelihood_metrics(seed),
        both: scored(&blank, both).ranking_metrics(seed),
        probabilities: probabilities.probability_metrics(0.5, seed),
        cosine: scored(&blank, cosine).ranking_metrics(seed),
        rejected: faces.rejected,
    }))
}

fn scored(blank: &Pairs, scores: Vec<f64>) -> Pairs {
    Pairs { scores, ..blank.clone() }
}

fn mean(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| (a + b) / 2.0).collect()
}

/// Returns the trios without scores. Their families are the father's and the child's.
fn blank(found: &[(&ListedTrio, [usize; 3])]) -> Pairs {
    let mut families = FamilyIndex::default();
    Pairs {
        scores: Vec::new(),
        is_kin: found.iter().map(|(trio, _)| trio.is_kin).collect(),
        families: found
            .iter()
            .map(|(trio, _)| [&trio.photos[0], &trio.photos[2]].map(|path| families.index(path)))
            .collect(),
        relations: vec![None; found.len()],
    }
}

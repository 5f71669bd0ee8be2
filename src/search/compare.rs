//! Comparison of two photos.

use super::{KinshipEvidence, Limitation, SearchError};
use crate::domain::Embedding;
use crate::kinship::{
    Ensemble, EnsembleConfig, KinshipError, OpenSetScorer, Rows, bounded, probability,
};

/// Similarity of two faces, and its evidence on the people.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Cosine of their embeddings in the retrieval space, -1 to 1.
    pub cosine: f32,
    /// Whether the two photos show one person. `None` without an ensemble.
    pub is_same_person: Option<bool>,
    /// Probability of each hypothesis at even odds. `None` without an open-set model.
    pub likelihoods: Option<HypothesisLikelihoods>,
    /// Output of the ensemble for two people. `None` without an ensemble.
    pub kinship: Option<KinshipEvidence>,
    /// Names of the ensemble's members, in the order of [`KinshipEvidence::members`].
    pub members: Vec<String>,
    /// Limitations of the comparison.
    pub notes: Vec<Limitation>,
}

/// Relative likelihoods of two faces for the same person, kin and unrelated people. The sum is 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HypothesisLikelihoods {
    /// The same person.
    pub same_person: f64,
    /// Kin.
    pub kin: f64,
    /// Unrelated people.
    pub unrelated: f64,
}

impl HypothesisLikelihoods {
    /// Computes the likelihoods from two log likelihood ratios.
    ///
    /// The first is kin against unrelated people, the second is one person against kin.
    pub(super) fn new(kin: f64, same_person: f64) -> Self {
        let kin = bounded(kin).exp();
        let same_person = kin * bounded(same_person).exp();
        let total = 1.0 + kin + same_person;
        Self { same_person: same_person / total, kin: kin / total, unrelated: 1.0 / total }
    }

    fn is_same_person(self) -> bool {
        self.same_person > self.kin && self.same_person > self.unrelated
    }
}

/// Compares two photos, each with one embedding per backbone. The comparison is symmetric.
///
/// ```
/// use kindred::domain::Embedding;
/// use kindred::search::compare;
///
/// let a = [Embedding::normalize(vec![1.0, 0.0])?];
/// let b = [Embedding::normalize(vec![3.0, 4.0])?];
/// let comparison = compare(None, &a, &b)?;
/// assert!((comparison.cosine - 0.6).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`SearchError::Kinship`] if the embeddings do not match the ensemble's backbones.
pub fn compare(
    ensemble: Option<&Ensemble>,
    a: &[Embedding],
    b: &[Embedding],
) -> Result<Comparison, SearchError> {
    let products = a[0].as_slice().iter().zip(b[0].as_slice()).map(|(a, b)| a * b);
    let cosine = products.sum::<f32>().clamp(-1.0, 1.0);
    let Some(ensemble) = ensemble else {
        return Ok(Comparison {
            cosine,
            is_same_person: None,
            likelihoods: None,
            kinship: None,
            members: Vec::new(),
            notes: Limitation::all(None, 1.0),
        });
    };
    let photos = [rows(a)?, rows(b)?];
    match OpenSetScorer::from_ensemble(ensemble) {
        Some(scorer) => compare_open_set(scorer, &photos, cosine),
        None => compare_pairwise(ensemble, &photos, cosine),
    }
}

/// Compares two photos by an ensemble without an open-set model.
fn compare_pairwise(
    ensemble: &Ensemble,
    [a, b]: &[Vec<Rows>; 2],
    cosine: f32,
) -> Result<Comparison, SearchError> {
    let scores = ensemble.score_pairs(a, b)?;
    Ok(Comparison {
        cosine,
        is_same_person: Some(f64::from(cosine) >= ensemble.config().same_person_threshold),
        likelihoods: None,
        kinship: scores
            .first()
            .map(|pair| kinship(ensemble.config(), bounded(pair.log_odds), 1.0, &pair.members)),
        members: ensemble.config().member_names(),
        notes: Limitation::all(Some(ensemble), 1.0),
    })
}

/// Compares two photos by an ensemble with an open-set model.
fn compare_open_set(
    scorer: OpenSetScorer<'_>,
    [a, b]: &[Vec<Rows>; 2],
    cosine: f32,
) -> Result<Comparison, SearchError> {
    let ensemble = scorer.ensemble();
    let evidence = scorer.pairs(a, b)?;
    let evidence = evidence.first();
    let likelihoods = evidence.map(|e| HypothesisLikelihoods::new(e.kin, e.same_person));
    Ok(Comparison {
        cosine,
        is_same_person: likelihoods.map(HypothesisLikelihoods::is_same_person),
        likelihoods,
        kinship: evidence.map(|e| kinship(ensemble.config(), e.kin, e.typicality, &e.members)),
        members: ensemble.config().member_names(),
        notes: Limitation::all(Some(ensemble), evidence.map_or(1.0, |e| e.typicality)),
    })
}

/// Returns the evidence of kinship of two people, from the log likelihood ratio of their photos.
fn kinship(
    config: &EnsembleConfig,
    log_likelihood_ratio: f64,
    typicality: f64,
    members: &[f64],
) -> KinshipEvidence {
    let probability_of_kin = probability(log_likelihood_ratio);
    KinshipEvidence {
        log_likelihood_ratio,
        chance_matches: None,
        probability: Some(probability_of_kin),
        is_kin: probability_of_kin >= config.kin_threshold,
        typicality,
        members: members.iter().map(|&log_odds| probability(log_odds)).collect(),
    }
}

/// Returns the embeddings of one photo, per backbone `(1, d)`.
fn rows(photo: &[Embedding]) -> Result<Vec<Rows>, KinshipError> {
    photo.iter().map(|embedding| Rows::new([embedding.as_slice()])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likelihoods_sum_up_to_one_and_follow_the_ratios() {
        let even = HypothesisLikelihoods::new(0.0, 0.0);
        assert!((even.same_person + even.kin + even.unrelated - 1.0).abs() < 1e-12);
        assert!((even.kin - 1.0 / 3.0).abs() < 1e-12);
        let same = HypothesisLikelihoods::new(3.0, 2.0);
        assert!(same.same_person > same.kin && same.kin > same.unrelated);
        assert!(same.is_same_person() && !even.is_same_person());
    }
}

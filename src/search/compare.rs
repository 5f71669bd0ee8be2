//! Comparison of two photos.

use super::{Kinship, Limitation, SearchError};
use crate::domain::Embedding;
use crate::kinship::{Ensemble, OpenSetScorer, PairEvidence, Rows, bounded, probability};

/// Similarity of two faces, and its evidence on the people.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Cosine of their embeddings in the retrieval space, -1 to 1.
    pub cosine: f32,
    /// Whether the two photos show one person. `None` without an ensemble.
    pub is_same_person: Option<bool>,
    /// Probability of each hypothesis at even odds. `None` without an open-set model.
    pub likelihoods: Option<Likelihoods>,
    /// Output of the ensemble for two people. `None` without an ensemble.
    pub kinship: Option<Kinship>,
    /// Names of the ensemble's members, in the order of [`Kinship::members`].
    pub members: Vec<String>,
    /// Limitations of the comparison.
    pub notes: Vec<Limitation>,
}

/// Relative likelihoods of two faces for the same person, kin and unrelated people. The sum is 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likelihoods {
    /// The same person.
    pub same_person: f64,
    /// Kin.
    pub kin: f64,
    /// Unrelated people.
    pub unrelated: f64,
}

impl Likelihoods {
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
    let rows = |photo: &[Embedding]| {
        let rows = photo.iter().map(|embedding| Rows::new([embedding.as_slice()]));
        rows.collect::<Result<Vec<_>, _>>()
    };
    let a = rows(a)?;
    let b = rows(b)?;
    let config = ensemble.config();
    let members = super::member_names(ensemble);
    let kinship = |evidence: f64, typicality: f64, members: &[f64]| {
        let probability_of_kin = probability(evidence);
        Kinship {
            log_likelihood_ratio: evidence,
            chance_matches: None,
            probability: Some(probability_of_kin),
            is_kin: probability_of_kin >= config.kin_threshold,
            typicality,
            members: members.iter().map(|&log_odds| probability(log_odds)).collect(),
        }
    };
    let Some(scorer) = OpenSetScorer::from_ensemble(ensemble) else {
        let judged = ensemble.score_pairs(&a, &b)?;
        let judgement = judged.first();
        return Ok(Comparison {
            cosine,
            is_same_person: Some(f64::from(cosine) >= config.same_person_threshold),
            likelihoods: None,
            kinship: judgement.map(|j| kinship(bounded(j.log_odds), 1.0, &j.members)),
            members,
            notes: Limitation::all(Some(ensemble), 1.0),
        });
    };
    let evidence = scorer.pairs(&a, &b)?;
    let likelihoods = evidence.first().map(|e| Likelihoods::new(e.kin, e.same_person));
    let kinship = |PairEvidence { kin, typicality, members, .. }: &PairEvidence| {
        kinship(*kin, *typicality, members)
    };
    Ok(Comparison {
        cosine,
        is_same_person: likelihoods.map(Likelihoods::is_same_person),
        likelihoods,
        kinship: evidence.first().map(kinship),
        members,
        notes: Limitation::all(Some(ensemble), evidence.first().map_or(1.0, |e| e.typicality)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likelihoods_sum_up_to_one_and_follow_the_ratios() {
        let even = Likelihoods::new(0.0, 0.0);
        assert!((even.same_person + even.kin + even.unrelated - 1.0).abs() < 1e-12);
        assert!((even.kin - 1.0 / 3.0).abs() < 1e-12);
        let same = Likelihoods::new(3.0, 2.0);
        assert!(same.same_person > same.kin && same.kin > same.unrelated);
        assert!(same.is_same_person() && !even.is_same_person());
    }
}

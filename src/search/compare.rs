//! Two photos beside each other.

use super::rerank::{kinship, member_names};
use super::{Kinship, SearchError};
use crate::domain::Embedding;
use crate::kinship::{Ensemble, Rows};

/// How alike two faces are.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Cosine of their embeddings in the retrieval space, -1 to 1.
    pub cosine: f32,
    /// Whether the two are one person, where an ensemble tells that from kinship.
    pub is_same_person: Option<bool>,
    /// What the ensemble says, where there is one; meant for two people.
    pub kinship: Option<Kinship>,
    /// Names of the ensemble's members, in the order of [`Kinship::members`].
    pub members: Vec<String>,
}

/// Compares two photos, each as its embeddings, one per backbone. The same in both orders.
///
/// # Errors
/// When the embeddings are not those of the ensemble's backbones.
pub fn compare(
    ensemble: Option<&Ensemble>,
    a: &[Embedding],
    b: &[Embedding],
) -> Result<Comparison, SearchError> {
    let products = a[0].as_slice().iter().zip(b[0].as_slice()).map(|(a, b)| a * b);
    let cosine = products.sum::<f32>().clamp(-1.0, 1.0);
    let Some(ensemble) = ensemble else {
        let members = Vec::new();
        return Ok(Comparison { cosine, is_same_person: None, kinship: None, members });
    };
    let rows = |photo: &[Embedding]| {
        let rows = photo.iter().map(|embedding| Rows::new([embedding.as_slice()]));
        rows.collect::<Result<Vec<_>, _>>()
    };
    let judged = ensemble.judge(&rows(a)?, &rows(b)?)?;
    let config = ensemble.config();
    Ok(Comparison {
        cosine,
        is_same_person: Some(f64::from(cosine) >= config.same_person_threshold),
        kinship: judged.first().map(|judgement| kinship(judgement, config.kin_threshold)),
        members: member_names(ensemble),
    })
}

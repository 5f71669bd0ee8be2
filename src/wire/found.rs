//! People, photos, couples and families found by a search, with their evidence.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::kinship::Support;
use crate::search::{CoupleMatch, FamilyMatch, KinshipEvidence, PersonMatch, PhotoMatch};

/// Evidence of two faces for kinship. It is no proof.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Kinship)]
pub(super) struct FoundKinship {
    /// Natural logarithm of the likelihood ratio of the faces: kin against unrelated people.
    log_likelihood_ratio: f64,
    /// Band of the ratio on ENFSI's scale: `against`, `none`, `weak` or `moderate`.
    #[schema(value_type = String)]
    support: &'static str,
    /// Expected number of unrelated people in the searched gallery with at least this similarity.
    /// Absent for two photos, and without an open-set model.
    #[serde(skip_serializing_if = "Option::is_none")]
    chance_matches: Option<f64>,
    /// Probability of kinship for the stated prior, 0 to 1. Absent without a prior. For two photos, at even odds.
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<f64>,
    /// Decision on kinship.
    is_kin: bool,
    /// Similarity of both faces to the training faces, 0 to 1. It scales the evidence.
    typicality: f64,
    /// Probability at even odds, by each member of the ensemble alone.
    members: BTreeMap<String, f64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Person)]
pub(super) struct FoundPerson {
    person: String,
    family: String,
    /// Cosine similarity of the probe and the nearest photo, -1 to 1.
    cosine: f32,
    /// Evidence of kinship. Absent for the probe's known person, and without an ensemble.
    #[serde(skip_serializing_if = "Option::is_none")]
    kinship: Option<FoundKinship>,
    photos: Vec<FoundPhoto>,
    listed_kin: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Photo)]
pub(super) struct FoundPhoto {
    id: String,
    cosine: f32,
    /// Log likelihood ratio by this photo alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    log_likelihood_ratio: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Couple)]
pub(super) struct FoundCouple {
    #[schema(value_type = Vec<String>)]
    people: [String; 2],
    /// Sum of the log likelihood ratios of both people.
    log_likelihood_ratio: f64,
    /// Band of the ratio on ENFSI's scale.
    #[schema(value_type = String)]
    support: &'static str,
    /// Whether listed relations show a woman and a man. If not, they are two relatives of one family.
    is_known_couple: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Family)]
pub(super) struct FoundFamily {
    family: String,
    cosine: f32,
    /// Log likelihood ratio of the family's first person.
    #[serde(skip_serializing_if = "Option::is_none")]
    log_likelihood_ratio: Option<f64>,
    people: Vec<String>,
}

impl FoundKinship {
    pub(super) fn new(kinship: &KinshipEvidence, members: &[String]) -> Self {
        Self {
            log_likelihood_ratio: kinship.log_likelihood_ratio,
            support: Support::from_ratio(kinship.log_likelihood_ratio).name(),
            chance_matches: kinship.chance_matches,
            probability: kinship.probability,
            is_kin: kinship.is_kin,
            typicality: kinship.typicality,
            members: members.iter().cloned().zip(kinship.members.iter().copied()).collect(),
        }
    }
}

impl FoundPerson {
    pub(super) fn new(found: &PersonMatch, members: &[String]) -> Self {
        Self {
            person: found.person.to_string(),
            family: found.person.family().to_string(),
            cosine: found.cosine,
            kinship: found.kinship.as_ref().map(|kinship| FoundKinship::new(kinship, members)),
            photos: found.photos.iter().map(FoundPhoto::from).collect(),
            listed_kin: found.listed_kin.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<&PhotoMatch> for FoundPhoto {
    fn from(found: &PhotoMatch) -> Self {
        Self {
            id: found.photo.to_string(),
            cosine: found.cosine,
            log_likelihood_ratio: found.log_likelihood_ratio,
        }
    }
}

impl From<&CoupleMatch> for FoundCouple {
    fn from(found: &CoupleMatch) -> Self {
        Self {
            people: found.people.map(|person| person.to_string()),
            log_likelihood_ratio: found.log_likelihood_ratio,
            support: Support::from_ratio(found.log_likelihood_ratio).name(),
            is_known_couple: found.is_known_couple,
        }
    }
}

impl From<&FamilyMatch> for FoundFamily {
    fn from(found: &FamilyMatch) -> Self {
        Self {
            family: found.family.to_string(),
            cosine: found.cosine,
            log_likelihood_ratio: found.log_likelihood_ratio,
            people: found.people.iter().map(ToString::to_string).collect(),
        }
    }
}

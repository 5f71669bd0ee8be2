//! What the service and `--json` answer of photos.

mod context;
mod note;

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use utoipa::ToSchema;

use super::upload::Upload;
use crate::domain::{Fingerprint, PhotoId};
use crate::gallery::Method;
use crate::kinship::Support;
use crate::search::{self, Answer, Comparison, CoupleMatch, FamilyMatch, PersonMatch, PhotoMatch};

pub use context::{Context, FaceSeen, ModelVersion, TimingsMs};
use context::{Explanation, GalleryVersion};
use note::Note;

/// The answer to a search.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchResponse {
    /// Where the face is in each photo of the request.
    faces: Vec<FaceSeen>,
    /// How much the probe's faces are like those of the training, 0 to 1; evidence is scaled by it.
    typicality: f64,
    /// What limits this answer.
    notes: Vec<Note>,
    /// Enrolled people whom the probe is known to show: by `as`, an enrolled photo, or a file that is enrolled.
    known_as: Vec<String>,
    /// The probe's own person: those who are known to be it, then those more likely the same person than kin.
    same_person: Vec<Person>,
    /// Other people, those with the most evidence of kinship first; without an ensemble the nearest first.
    matches: Vec<Person>,
    /// Their families, in the order of their first person.
    families: Vec<Family>,
    /// Their photos, those with the most evidence first; empty unless photos are requested.
    photos: Vec<Photo>,
    /// Couples, those with the most evidence first; empty unless parents are searched for.
    couples: Vec<Couple>,
    /// What was searched, and how.
    searched: Searched,
    /// How the decision was made, if that is requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explanation>,
    /// The bundle.
    model: ModelVersion,
    /// The gallery.
    gallery: GalleryVersion,
    /// Milliseconds per stage.
    timings_ms: TimingsMs,
}

/// The answer to a comparison of two photos.
#[derive(Debug, Serialize, ToSchema)]
pub struct CompareResponse {
    /// Cosine similarity of the two embeddings, -1 to 1.
    cosine: f32,
    /// Whether the two are one person; absent without an ensemble.
    #[serde(skip_serializing_if = "Option::is_none")]
    same_person: Option<bool>,
    /// How likely the faces are under each hypothesis; the sum is 1. Absent without an open-set model.
    #[serde(skip_serializing_if = "Option::is_none")]
    likelihoods: Option<Likelihoods>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kinship: Option<Kinship>,
    /// What limits this answer.
    notes: Vec<Note>,
}

/// The likelihoods of two faces, relative to each other.
#[derive(Debug, Serialize, ToSchema)]
struct Likelihoods {
    same_person: f64,
    kin: f64,
    unrelated: f64,
}

/// The evidence of two faces for kinship; no proof.
#[derive(Debug, Serialize, ToSchema)]
struct Kinship {
    /// Natural logarithm of how many times likelier the faces are for kin than for unrelated people.
    log_likelihood_ratio: f64,
    /// Its band on ENFSI's scale: `against`, `none`, `weak` or `moderate`.
    #[schema(value_type = String)]
    support: &'static str,
    /// Unrelated people of the searched gallery who are expected to look at least this similar. Absent for two photos, and
    /// without an open-set model.
    #[serde(skip_serializing_if = "Option::is_none")]
    chance_matches: Option<f64>,
    /// The probability of kinship for the stated prior, 0 to 1; absent without a prior. Of two photos at even odds.
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<f64>,
    /// The decision.
    is_kin: bool,
    /// How much both faces are like those of the training, 0 to 1; the evidence is scaled by it.
    typicality: f64,
    /// The probability at even odds by each member of the ensemble alone.
    members: BTreeMap<String, f64>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Person {
    person: String,
    family: String,
    /// Cosine similarity of the probe and the nearest photo, -1 to 1.
    cosine: f32,
    /// Absent for the probe's known person, and without an ensemble.
    #[serde(skip_serializing_if = "Option::is_none")]
    kinship: Option<Kinship>,
    photos: Vec<Photo>,
    listed_kin: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Photo {
    id: String,
    cosine: f32,
    /// The evidence by this photo alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    log_likelihood_ratio: Option<f64>,
}

/// Photos, those with the most evidence of kinship first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RerankResponse {
    results: Vec<Reranked>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Reranked {
    /// Its index among the photos of the request, from 0 on.
    index: usize,
    #[serde(flatten)]
    photo: Photo,
}

#[derive(Debug, Serialize, ToSchema)]
struct Couple {
    #[schema(value_type = Vec<String>)]
    people: [String; 2],
    /// The sum of both people's log likelihood ratios.
    log_likelihood_ratio: f64,
    /// Its band on ENFSI's scale.
    #[schema(value_type = String)]
    support: &'static str,
    /// Whether listed relations show a woman and a man. If not, they are two relatives of one family.
    is_known_couple: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct Family {
    family: String,
    cosine: f32,
    /// The evidence of its first person.
    #[serde(skip_serializing_if = "Option::is_none")]
    log_likelihood_ratio: Option<f64>,
    people: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Searched {
    photos: usize,
    /// People among whom relatives were searched.
    people: usize,
    /// `exact` or `graph`.
    #[schema(value_type = String)]
    method: &'static str,
    /// Relatives that are expected among them.
    expected_relatives: f64,
    /// The prior probability of each person to be a relative; absent if none was stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    prior: Option<f64>,
    /// The false positive identification rate that decisions hold; absent without an open-set model.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_false_positive_rate: Option<f64>,
    /// The share of searches with a relative in a gallery of this size that have one among the first ten, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    shortlist_rate: Option<f64>,
}

/// Embeddings of the photos of a request, in their order.
#[derive(Debug, Serialize, ToSchema)]
pub struct EmbeddingsResponse {
    /// Fingerprint of the bundle that made them.
    model: String,
    photos: Vec<EmbeddedPhoto>,
}

#[derive(Debug, Serialize, ToSchema)]
struct EmbeddedPhoto {
    /// Of its file.
    sha256: String,
    /// Per backbone of the bundle a vector of length 1.
    embeddings: Vec<Vec<f32>>,
}

impl EmbeddingsResponse {
    /// Per photo the hash of its file and one embedding per backbone.
    pub(super) fn new(model: Fingerprint, photos: &[Upload]) -> Self {
        let photo = |Upload { content_hash, embeddings, .. }: &Upload| EmbeddedPhoto {
            sha256: Fingerprint(content_hash.0).to_string(),
            embeddings: embeddings.iter().map(|e| e.as_slice().to_vec()).collect(),
        };
        Self { model: model.to_string(), photos: photos.iter().map(photo).collect() }
    }
}

impl SearchResponse {
    /// The response for an answer.
    pub fn new(answer: &Answer, context: Context<'_>) -> Self {
        let Context { faces, timings, model, gallery_version, explained_by } = context;
        let people =
            |found: &[PersonMatch]| found.iter().map(|p| Person::new(p, &answer.members)).collect();
        let searched = Searched::from(&answer.searched);
        Self {
            faces,
            typicality: answer.typicality,
            notes: answer.notes.iter().map(Note::from).collect(),
            known_as: answer.known.iter().map(ToString::to_string).collect(),
            same_person: people(&answer.same_person),
            matches: people(&answer.people),
            families: answer.families.iter().map(Family::from).collect(),
            photos: answer.photos.iter().map(Photo::from).collect(),
            couples: answer.couples.iter().map(Couple::from).collect(),
            explanation: explained_by.map(|ensemble| Explanation::new(ensemble, answer)),
            model,
            gallery: GalleryVersion { photos: searched.photos, version: gallery_version },
            searched,
            timings_ms: timings,
        }
    }
}

impl RerankResponse {
    /// The response for photos that were requested in this order.
    pub(super) fn new(requested: &[PhotoId], found: &[PhotoMatch]) -> Self {
        let indices: HashMap<&PhotoId, usize> = requested.iter().zip(0..).collect();
        let result = |found: &PhotoMatch| Reranked {
            index: indices[&found.photo],
            photo: Photo::from(found),
        };
        Self { results: found.iter().map(result).collect() }
    }
}

impl CompareResponse {
    /// The response for a comparison.
    pub fn new(comparison: &Comparison) -> Self {
        let kinship = comparison.kinship.as_ref();
        Self {
            cosine: comparison.cosine,
            same_person: comparison.is_same_person,
            likelihoods: comparison.likelihoods.map(|l| Likelihoods {
                same_person: l.same_person,
                kin: l.kin,
                unrelated: l.unrelated,
            }),
            kinship: kinship.map(|kinship| Kinship::new(kinship, &comparison.members)),
            notes: comparison.notes.iter().map(Note::from).collect(),
        }
    }
}

impl Kinship {
    fn new(kinship: &search::Kinship, members: &[String]) -> Self {
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

impl Person {
    fn new(found: &PersonMatch, members: &[String]) -> Self {
        Self {
            person: found.person.to_string(),
            family: found.person.family().to_string(),
            cosine: found.cosine,
            kinship: found.kinship.as_ref().map(|kinship| Kinship::new(kinship, members)),
            photos: found.photos.iter().map(Photo::from).collect(),
            listed_kin: found.listed_kin.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<&PhotoMatch> for Photo {
    fn from(found: &PhotoMatch) -> Self {
        Self {
            id: found.photo.to_string(),
            cosine: found.cosine,
            log_likelihood_ratio: found.log_likelihood_ratio,
        }
    }
}

impl From<&CoupleMatch> for Couple {
    fn from(found: &CoupleMatch) -> Self {
        Self {
            people: found.people.map(|person| person.to_string()),
            log_likelihood_ratio: found.log_likelihood_ratio,
            support: Support::from_ratio(found.log_likelihood_ratio).name(),
            is_known_couple: found.is_known_couple,
        }
    }
}

impl From<&FamilyMatch> for Family {
    fn from(found: &FamilyMatch) -> Self {
        Self {
            family: found.family.to_string(),
            cosine: found.cosine,
            log_likelihood_ratio: found.log_likelihood_ratio,
            people: found.people.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<&search::Searched> for Searched {
    fn from(searched: &search::Searched) -> Self {
        Self {
            photos: searched.photos,
            people: searched.people,
            method: match searched.method {
                Method::Exact => "exact",
                Method::Graph => "graph",
            },
            expected_relatives: searched.expected_relatives,
            prior: searched.prior,
            max_false_positive_rate: searched.max_false_positive_rate,
            shortlist_rate: searched.shortlist_rate,
        }
    }
}

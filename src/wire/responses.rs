//! Responses to searches, comparisons and embeddings.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{EmbeddedPhoto, Fingerprint, PhotoId};
use crate::gallery::Method;
use crate::kinship::Support;
use crate::search::{self, Answer, Comparison, CoupleMatch, FamilyMatch, PersonMatch, PhotoMatch};

use super::context::{Context, Explanation, GalleryVersion, ModelVersion, ProbeFace, TimingsMs};
use super::note::Note;

/// Response to a search.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchResponse {
    /// Position of the face in each photo of the request.
    faces: Vec<ProbeFace>,
    /// Similarity of the probe's faces to the training faces, 0 to 1. It scales the evidence.
    typicality: f64,
    /// Limitations of this response.
    notes: Vec<Note>,
    /// People of the gallery known to be in the probe, by `as`, a photo of the gallery, or its file.
    known_as: Vec<String>,
    /// People identified as the probe. Known people come first. The others are more likely the same
    /// person than kin.
    same_person: Vec<FoundPerson>,
    /// Other people, in descending order of kinship evidence. Without an ensemble, the nearest come
    /// first.
    matches: Vec<FoundPerson>,
    /// Families of the matches, in the order of their first person.
    families: Vec<FoundFamily>,
    /// Photos of the matches, in descending order of evidence. Empty unless photos are requested.
    photos: Vec<FoundPhoto>,
    /// Couples, in descending order of evidence. Empty unless the search is for parents.
    couples: Vec<FoundCouple>,
    /// Scope and method of the search.
    searched: SearchScope,
    /// Explanation of the decision, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explanation>,
    /// The model bundle.
    model: ModelVersion,
    /// Version of the gallery.
    gallery: GalleryVersion,
    /// Milliseconds per stage.
    timings_ms: TimingsMs,
}

/// Response to a comparison of two photos.
#[derive(Debug, Serialize, ToSchema)]
pub struct CompareResponse {
    /// Cosine similarity of the two embeddings, -1 to 1.
    cosine: f32,
    /// Whether the two photos show one person. Absent without an ensemble.
    #[serde(skip_serializing_if = "Option::is_none")]
    same_person: Option<bool>,
    /// Likelihood of the faces under each hypothesis. The sum is 1. Absent without an open-set model.
    #[serde(skip_serializing_if = "Option::is_none")]
    likelihoods: Option<RelativeLikelihoods>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kinship: Option<KinshipEvidence>,
    /// Limitations of this response.
    notes: Vec<Note>,
}

/// RelativeLikelihoods of two faces, relative to each other.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Likelihoods)]
struct RelativeLikelihoods {
    same_person: f64,
    kin: f64,
    unrelated: f64,
}

/// Evidence of two faces for kinship. It is no proof.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Kinship)]
struct KinshipEvidence {
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
struct FoundPerson {
    person: String,
    family: String,
    /// Cosine similarity of the probe and the nearest photo, -1 to 1.
    cosine: f32,
    /// Evidence of kinship. Absent for the probe's known person, and without an ensemble.
    #[serde(skip_serializing_if = "Option::is_none")]
    kinship: Option<KinshipEvidence>,
    photos: Vec<FoundPhoto>,
    listed_kin: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Photo)]
struct FoundPhoto {
    id: String,
    cosine: f32,
    /// Log likelihood ratio by this photo alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    log_likelihood_ratio: Option<f64>,
}

/// Photos, in descending order of kinship evidence.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RerankResponse {
    results: Vec<Reranked>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Reranked {
    /// Index among the photos of the request, from 0.
    index: usize,
    #[serde(flatten)]
    photo: FoundPhoto,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Couple)]
struct FoundCouple {
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
struct FoundFamily {
    family: String,
    cosine: f32,
    /// Log likelihood ratio of the family's first person.
    #[serde(skip_serializing_if = "Option::is_none")]
    log_likelihood_ratio: Option<f64>,
    people: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Searched)]
struct SearchScope {
    photos: usize,
    /// Number of people searched for relatives.
    people: usize,
    /// Search method: `exact` or `graph`.
    #[schema(value_type = String)]
    method: &'static str,
    /// Expected number of relatives among these people.
    expected_relatives: f64,
    /// Prior probability that a person is a relative. Absent if no prior was stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    prior: Option<f64>,
    /// False positive identification rate of the decisions. Absent without an open-set model.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_false_positive_rate: Option<f64>,
    /// Share of searches with a relative among the first ten results, 0 to 1.
    /// Measured on searches with a relative in a gallery of this size.
    #[serde(skip_serializing_if = "Option::is_none")]
    shortlist_rate: Option<f64>,
}

/// Embeddings of the photos of a request, in request order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EmbeddingsResponse {
    /// Fingerprint of the bundle that made the embeddings.
    model: String,
    photos: Vec<PhotoEmbeddings>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EmbeddedPhoto)]
struct PhotoEmbeddings {
    /// SHA-256 of the photo's file.
    sha256: String,
    /// One vector of length 1 per backbone of the bundle.
    embeddings: Vec<Vec<f32>>,
}

impl EmbeddingsResponse {
    /// Builds the response: per photo the file hash and one embedding per backbone.
    pub(crate) fn new(model: Fingerprint, photos: &[EmbeddedPhoto]) -> Self {
        let photos = photos.iter().map(PhotoEmbeddings::new).collect();
        Self { model: model.to_string(), photos }
    }
}

impl PhotoEmbeddings {
    fn new(photo: &EmbeddedPhoto) -> Self {
        let embeddings = photo.faces.iter().flat_map(|face| &face.embeddings);
        Self {
            sha256: Fingerprint(photo.content_hash.0).to_string(),
            embeddings: embeddings.map(|embedding| embedding.as_slice().to_vec()).collect(),
        }
    }
}

impl SearchResponse {
    /// Builds the response of a search answer.
    pub fn new(answer: &Answer, context: Context<'_>) -> Self {
        let Context { faces, timings, model, gallery_version, explained_by } = context;
        let searched = SearchScope::from(&answer.searched);
        Self {
            faces,
            typicality: answer.typicality,
            notes: answer.notes.iter().map(Note::from).collect(),
            known_as: answer.known.iter().map(ToString::to_string).collect(),
            same_person: FoundPerson::from_matches(&answer.same_person, &answer.members),
            matches: FoundPerson::from_matches(&answer.people, &answer.members),
            families: answer.families.iter().map(FoundFamily::from).collect(),
            photos: answer.photos.iter().map(FoundPhoto::from).collect(),
            couples: answer.couples.iter().map(FoundCouple::from).collect(),
            explanation: explained_by.map(|ensemble| Explanation::new(ensemble, answer)),
            model,
            gallery: GalleryVersion { photos: searched.photos, version: gallery_version },
            searched,
            timings_ms: timings,
        }
    }
}

impl RerankResponse {
    /// Builds the response for photos, in the order of the request.
    pub(crate) fn new(requested: &[PhotoId], found: &[PhotoMatch]) -> Self {
        let indices: HashMap<&PhotoId, usize> = requested.iter().zip(0..).collect();
        let mut results = Vec::with_capacity(found.len());
        for found in found {
            results.push(Reranked { index: indices[&found.photo], photo: found.into() });
        }
        Self { results }
    }
}

impl CompareResponse {
    /// Builds the response of a comparison.
    pub fn new(comparison: &Comparison) -> Self {
        let kinship = comparison.kinship.as_ref();
        Self {
            cosine: comparison.cosine,
            same_person: comparison.is_same_person,
            likelihoods: comparison.likelihoods.map(|l| RelativeLikelihoods {
                same_person: l.same_person,
                kin: l.kin,
                unrelated: l.unrelated,
            }),
            kinship: kinship.map(|kinship| KinshipEvidence::new(kinship, &comparison.members)),
            notes: comparison.notes.iter().map(Note::from).collect(),
        }
    }
}

impl KinshipEvidence {
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

impl FoundPerson {
    fn from_matches(found: &[PersonMatch], members: &[String]) -> Vec<Self> {
        found.iter().map(|found| Self::new(found, members)).collect()
    }

    fn new(found: &PersonMatch, members: &[String]) -> Self {
        Self {
            person: found.person.to_string(),
            family: found.person.family().to_string(),
            cosine: found.cosine,
            kinship: found.kinship.as_ref().map(|kinship| KinshipEvidence::new(kinship, members)),
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

impl From<&search::Searched> for SearchScope {
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

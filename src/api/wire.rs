//! What the service and `--json` answer of photos.

mod context;

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use utoipa::ToSchema;

use super::upload::Upload;
use crate::domain::{Fingerprint, PhotoId};
use crate::gallery::Method;
use crate::search::{self, Answer, Comparison, CoupleMatch, FamilyMatch, PersonMatch, PhotoMatch};

pub use context::{Context, FaceSeen, ModelVersion, TimingsMs};
use context::{Explanation, GalleryVersion};

/// The answer to a search.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchResponse {
    /// Where the face is in each photo of the request.
    faces: Vec<FaceSeen>,
    /// The probe's own person, by the likeness; empty without a trained bundle.
    same_person: Vec<Person>,
    /// People, the likeliest kin first; without a trained bundle the nearest first.
    matches: Vec<Person>,
    /// Their families, in the order of their first person.
    families: Vec<Family>,
    /// Photos, the likeliest kin first; only where these were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    photos: Vec<Photo>,
    /// Couples, the likeliest parents first; only where parents were searched for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    couples: Vec<Couple>,
    /// What was searched, and how.
    searched: Searched,
    /// How the decision came about, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explanation>,
    /// What made the embeddings.
    model: ModelVersion,
    /// What was searched.
    gallery: GalleryVersion,
    /// Where the time went.
    timings_ms: TimingsMs,
}

/// The answer to a comparison of two photos.
#[derive(Debug, Serialize, ToSchema)]
pub struct CompareResponse {
    /// Cosine of the two, -1 to 1: a likeness, not a probability.
    cosine: f32,
    /// Whether the two are one person; only of a trained bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    same_person: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kinship: Option<Kinship>,
}

/// How likely two people are blood relatives, by their faces; no proof.
#[derive(Debug, Serialize, ToSchema)]
struct Kinship {
    /// How likely, if half of all pairs of people were kin, 0 to 1.
    probability: f64,
    /// Whether it reaches the bundle's threshold.
    kin: bool,
    /// The same by each member of the ensemble alone.
    members: BTreeMap<String, f64>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Person {
    person: String,
    family: String,
    /// Cosine of the probe and the nearest photo, -1 to 1: a likeness, not a probability.
    cosine: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    kinship: Option<Kinship>,
    photos: Vec<Photo>,
    listed_kin: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Photo {
    id: String,
    cosine: f32,
    /// How likely the two are kin by this photo alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<f64>,
    /// The same by each member of the ensemble alone, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<BTreeMap<String, f64>>,
}

/// Photos in the order of how likely they are of kin.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RerankResponse {
    results: Vec<Reranked>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Reranked {
    /// Its place among the photos of the request, from 0 on.
    index: usize,
    #[serde(flatten)]
    photo: Photo,
}

#[derive(Debug, Serialize, ToSchema)]
struct Couple {
    #[schema(value_type = Vec<String>)]
    people: [String; 2],
    /// How likely both are kin, 0 to 1.
    probability: f64,
}

#[derive(Debug, Serialize, ToSchema)]
struct Family {
    family: String,
    cosine: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<f64>,
    people: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Searched {
    photos: usize,
    /// `exact` or `graph`.
    #[schema(value_type = String)]
    method: &'static str,
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
    /// The answer in words of the wire.
    pub fn new(answer: &Answer, context: Context<'_>) -> Self {
        let method = match answer.method {
            Method::Exact => "exact",
            Method::Graph => "graph",
        };
        let Context { faces, timings, model, gallery_version, explained_by } = context;
        let explained = explained_by.map(|_| answer.members.as_slice());
        let people = |found: &[PersonMatch]| {
            let person = |found| Person::new(found, (&answer.members, explained));
            found.iter().map(person).collect()
        };
        let explanation = explained_by.map(|ensemble| Explanation::new(ensemble, answer));
        Self {
            faces,
            same_person: people(&answer.same_person),
            matches: people(&answer.people),
            families: answer.families.iter().map(Family::from).collect(),
            photos: answer.photos.iter().map(|photo| Photo::new(photo, explained)).collect(),
            couples: answer.couples.iter().map(Couple::from).collect(),
            searched: Searched { photos: answer.searched_photos, method },
            explanation,
            model,
            gallery: GalleryVersion { photos: answer.searched_photos, version: gallery_version },
            timings_ms: timings,
        }
    }
}

impl RerankResponse {
    /// What was found of photos that were asked for in this order.
    pub(super) fn new(asked: &[PhotoId], found: &[PhotoMatch]) -> Self {
        let places: HashMap<&PhotoId, usize> = asked.iter().zip(0..).collect();
        let result = |found: &PhotoMatch| Reranked {
            index: places[&found.photo],
            photo: Photo::new(found, None),
        };
        Self { results: found.iter().map(result).collect() }
    }
}

impl CompareResponse {
    /// The comparison in words of the wire.
    pub fn new(comparison: &Comparison) -> Self {
        let kinship = comparison.kinship.as_ref();
        Self {
            cosine: comparison.cosine,
            same_person: comparison.is_same_person,
            kinship: kinship.map(|kinship| Kinship::new(kinship, &comparison.members)),
        }
    }
}

impl Kinship {
    fn new(kinship: &search::Kinship, members: &[String]) -> Self {
        Self {
            probability: kinship.probability,
            kin: kinship.is_kin,
            members: by_member(kinship, members),
        }
    }
}

fn by_member(kinship: &search::Kinship, members: &[String]) -> BTreeMap<String, f64> {
    members.iter().cloned().zip(kinship.members.iter().copied()).collect()
}

impl Person {
    fn new(found: &PersonMatch, (members, explained): (&[String], Option<&[String]>)) -> Self {
        Self {
            person: found.person.to_string(),
            family: found.person.family().to_string(),
            cosine: found.cosine,
            kinship: found.kinship.as_ref().map(|kinship| Kinship::new(kinship, members)),
            photos: found.photos.iter().map(|photo| Photo::new(photo, explained)).collect(),
            listed_kin: found.listed_kin.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Photo {
    /// A photo, with what each of these members says of it.
    fn new(found: &PhotoMatch, members: Option<&[String]>) -> Self {
        let kinship = found.kinship.as_ref();
        Self {
            id: found.photo.to_string(),
            cosine: found.cosine,
            probability: kinship.map(|kinship| kinship.probability),
            members: kinship.zip(members).map(|(kinship, members)| by_member(kinship, members)),
        }
    }
}

impl From<&CoupleMatch> for Couple {
    fn from(found: &CoupleMatch) -> Self {
        let people = found.people.map(|person| person.to_string());
        Self { people, probability: found.probability }
    }
}

impl From<&FamilyMatch> for Family {
    fn from(found: &FamilyMatch) -> Self {
        Self {
            family: found.family.to_string(),
            cosine: found.cosine,
            probability: found.probability,
            people: found.people.iter().map(ToString::to_string).collect(),
        }
    }
}

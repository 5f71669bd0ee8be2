//! What the service and `--json` answer of photos.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::{ContentHash, Embedding, Fingerprint};
use crate::gallery::Method;
use crate::search::{self, Answer, Comparison, CoupleMatch, FamilyMatch, PersonMatch, PhotoMatch};

/// The answer to a search.
#[derive(Debug, Serialize)]
pub struct SearchResponse {
    /// The probe's own person, by the likeness; empty without a trained bundle.
    same_person: Vec<Person>,
    /// People, the likeliest kin first; without a trained bundle the nearest first.
    matches: Vec<Person>,
    /// Their families, in the order of their first person.
    families: Vec<Family>,
    /// Couples, the likeliest parents first; only where parents were searched for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    couples: Vec<Couple>,
    /// What was searched, and how.
    searched: Searched,
    /// Where the time went.
    timings_ms: TimingsMs,
}

/// Milliseconds per stage.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct TimingsMs {
    /// Reading and scaling the photo.
    pub decode: f64,
    /// Waiting for the model and embedding.
    pub embed: f64,
    /// Searching, reranking and grouping.
    pub search: f64,
}

/// The answer to a comparison of two photos.
#[derive(Debug, Serialize)]
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
#[derive(Debug, Serialize)]
struct Kinship {
    /// How likely, if half of all pairs of people were kin, 0 to 1.
    probability: f64,
    /// Whether it reaches the bundle's threshold.
    kin: bool,
    /// The same by each member of the ensemble alone.
    members: BTreeMap<String, f64>,
}

#[derive(Debug, Serialize)]
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

#[derive(Debug, Serialize)]
struct Photo {
    id: String,
    cosine: f32,
    /// How likely the two are kin by this photo alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Couple {
    people: [String; 2],
    /// How likely both are kin, 0 to 1.
    probability: f64,
}

#[derive(Debug, Serialize)]
struct Family {
    family: String,
    cosine: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<f64>,
    people: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Searched {
    photos: usize,
    method: &'static str,
}

/// Embeddings of the photos of a request, in their order.
#[derive(Debug, Serialize)]
pub struct EmbeddingsResponse {
    /// Fingerprint of the bundle that made them.
    model: String,
    photos: Vec<EmbeddedPhoto>,
}

#[derive(Debug, Serialize)]
struct EmbeddedPhoto {
    /// Of its file.
    sha256: String,
    /// Per backbone of the bundle a vector of length 1.
    embeddings: Vec<Vec<f32>>,
}

impl EmbeddingsResponse {
    /// Per photo the hash of its file and one embedding per backbone.
    pub fn new(model: Fingerprint, photos: &[(ContentHash, Vec<Embedding>)]) -> Self {
        let photo = |(hash, embeddings): &(ContentHash, Vec<Embedding>)| EmbeddedPhoto {
            sha256: Fingerprint(hash.0).to_string(),
            embeddings: embeddings.iter().map(|e| e.as_slice().to_vec()).collect(),
        };
        Self { model: model.to_string(), photos: photos.iter().map(photo).collect() }
    }
}

impl SearchResponse {
    /// The answer in words of the wire.
    pub fn new(answer: &Answer, timings_ms: TimingsMs) -> Self {
        let method = match answer.method {
            Method::Exact => "exact",
            Method::Graph => "graph",
        };
        let people = |found: &[PersonMatch]| {
            found.iter().map(|found| Person::new(found, &answer.members)).collect()
        };
        Self {
            same_person: people(&answer.same_person),
            matches: people(&answer.people),
            families: answer.families.iter().map(Family::from).collect(),
            couples: answer.couples.iter().map(Couple::from).collect(),
            searched: Searched { photos: answer.searched_photos, method },
            timings_ms,
        }
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
        let probability = found.kinship.as_ref().map(|kinship| kinship.probability);
        Self { id: found.photo.to_string(), cosine: found.cosine, probability }
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

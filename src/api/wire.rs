//! What the service and `--json` write.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    ContentHash, Embedding, FamilyId, Fingerprint, MemberId, PhotoId, Relationship,
};
use crate::gallery::{Method, Removed};
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

/// A page of the list of families.
#[derive(Debug, Serialize)]
pub struct FamilyList {
    families: Vec<String>,
    /// The `cursor` of the next page; none on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A family with a photo in the gallery.
#[derive(Debug, Serialize)]
pub struct FamilyResource {
    family: String,
    people: Vec<FamilyMember>,
}

#[derive(Debug, Serialize)]
struct FamilyMember {
    person: String,
    photos: usize,
    listed_kin: Vec<String>,
}

/// A person with a photo in the gallery.
#[derive(Debug, Serialize)]
pub struct PersonResource {
    person: String,
    family: String,
    photos: Vec<String>,
    listed_kin: Vec<String>,
}

/// A photo in the gallery.
#[derive(Debug, Serialize)]
pub struct PhotoResource {
    id: String,
    person: String,
    family: String,
    /// Of the file that it was enrolled from.
    sha256: String,
}

/// Two people who are listed as kin.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationshipResource {
    /// The first of them; the elder one where the relation has one.
    pub person_a: String,
    /// The other.
    pub person_b: String,
    /// How they are kin, where it is known: a code such as `fd`, father and daughter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<String>,
}

/// People to list as kin.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedKin {
    /// The pairs.
    pub relationships: Vec<RelationshipResource>,
}

/// A page of the list of kin.
#[derive(Debug, Serialize)]
pub struct RelationshipList {
    relationships: Vec<RelationshipResource>,
    /// The `cursor` of the next page; none on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
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

/// What is to be forgotten.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Removals {
    /// Families, people and photos.
    pub ids: Vec<String>,
}

/// What became of each, in the order in which they were named.
#[derive(Debug, Serialize)]
pub struct RemovalsResponse {
    /// One for each.
    pub results: Vec<Removal>,
}

/// What became of one: a receipt, or why there is none.
#[derive(Debug, Serialize)]
pub struct Removal {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<Receipt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ItemError>,
}

/// Why something did not happen to one of several.
#[derive(Debug, Serialize)]
struct ItemError {
    code: String,
    detail: String,
}

/// What was enrolled.
#[derive(Debug, Serialize)]
pub struct Enrolled {
    photos: Vec<String>,
}

/// What was removed of whom, and when.
#[derive(Debug, Serialize)]
pub struct Receipt {
    removed: String,
    /// RFC 3339, UTC.
    at: String,
    photos: usize,
    embeddings: usize,
    relationships: usize,
}

impl FamilyList {
    /// The list in words of the wire.
    pub fn new(families: &[FamilyId], next: Option<&FamilyId>) -> Self {
        Self {
            families: families.iter().map(ToString::to_string).collect(),
            next: next.map(ToString::to_string),
        }
    }
}

impl FamilyResource {
    /// A family of people, with the number of their photos and their listed kin.
    pub fn new(
        family: FamilyId,
        people: impl Iterator<Item = (MemberId, usize, Vec<MemberId>)>,
    ) -> Self {
        let member = |(person, photos, kin): (MemberId, usize, Vec<MemberId>)| FamilyMember {
            person: person.to_string(),
            photos,
            listed_kin: kin.iter().map(ToString::to_string).collect(),
        };
        Self { family: family.to_string(), people: people.map(member).collect() }
    }
}

impl PersonResource {
    /// A person with these photos and listed kin.
    pub fn new<'a>(
        person: MemberId,
        photos: impl Iterator<Item = &'a PhotoId>,
        kin: impl Iterator<Item = MemberId>,
    ) -> Self {
        Self {
            person: person.to_string(),
            family: person.family().to_string(),
            photos: photos.map(ToString::to_string).collect(),
            listed_kin: kin.map(|kin| kin.to_string()).collect(),
        }
    }
}

impl PhotoResource {
    /// A photo that was enrolled from the file with this hash.
    pub fn new(id: &PhotoId, hash: ContentHash) -> Self {
        Self {
            id: id.to_string(),
            person: id.member().to_string(),
            family: id.member().family().to_string(),
            sha256: Fingerprint(hash.0).to_string(),
        }
    }
}

impl From<&Relationship> for RelationshipResource {
    fn from(pair: &Relationship) -> Self {
        let [person_a, person_b] = pair.people().map(|person| person.to_string());
        let relation = pair.relation().map(|relation| relation.code().to_owned());
        Self { person_a, person_b, relation }
    }
}

impl RelationshipList {
    /// These pairs, and where the list goes on.
    pub fn new(pairs: &[Relationship], next: Option<String>) -> Self {
        Self { relationships: pairs.iter().map(RelationshipResource::from).collect(), next }
    }
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

impl Removal {
    /// It was removed.
    pub fn done(id: String, receipt: Receipt) -> Self {
        Self { id, receipt: Some(receipt), error: None }
    }

    /// It was not removed.
    pub fn failed(id: String, code: String, detail: String) -> Self {
        Self { id, receipt: None, error: Some(ItemError { code, detail }) }
    }
}

impl Enrolled {
    /// These photos.
    pub fn new(photos: &[PhotoId]) -> Self {
        Self { photos: photos.iter().map(ToString::to_string).collect() }
    }
}

impl Receipt {
    /// The receipt of a removal that is on disk now.
    pub fn new(what: impl ToString, removed: Removed) -> Self {
        let Removed { photos, embeddings, relationships } = removed;
        let at = Timestamp::now().to_string();
        Self { removed: what.to_string(), at, photos, embeddings, relationships }
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

//! Families, people, photos and listed kin, as the service writes and reads them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::Problem;
use crate::domain::{ContentHash, FamilyId, Fingerprint, MemberId, PhotoId, Relationship};
use crate::gallery::Removed;

/// A page of the list of families.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FamilyList {
    families: Vec<String>,
    /// The `cursor` of the next page; none on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A family with a photo in the gallery.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FamilyResource {
    family: String,
    people: Vec<FamilyMember>,
}

#[derive(Debug, Serialize, ToSchema)]
struct FamilyMember {
    person: String,
    photos: usize,
    /// One of their photos.
    portrait: String,
    listed_kin: Vec<String>,
}

/// A person with a photo in the gallery.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PersonResource {
    person: String,
    family: String,
    photos: Vec<String>,
    listed_kin: Vec<String>,
}

/// A photo in the gallery.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PhotoResource {
    id: String,
    person: String,
    family: String,
    /// Of the file that it was enrolled from.
    sha256: String,
}

/// Two people who are listed as kin.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RelationshipResource {
    /// The first of them; the elder one where the relation has one.
    person_a: String,
    /// The other.
    person_b: String,
    /// How they are kin, where it is known: a code such as `fd`, father and daughter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    relation: Option<String>,
}

/// People to list as kin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListedKin {
    /// The pairs.
    relationships: Vec<RelationshipResource>,
}

/// A page of the list of kin.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RelationshipList {
    relationships: Vec<RelationshipResource>,
    /// The `cursor` of the next page; none on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What is to be forgotten.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Removals {
    /// Families, people and photos.
    pub(super) ids: Vec<String>,
}

/// What became of each, in the order in which they were named.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RemovalsResponse {
    /// One for each.
    pub(super) results: Vec<Removal>,
}

/// What became of one: a receipt, or why there is none.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Removal {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<Receipt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ItemError>,
}

/// Why something did not happen to one of several.
#[derive(Debug, Serialize, ToSchema)]
struct ItemError {
    code: String,
    detail: String,
}

/// What was enrolled.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Enrolled {
    photos: Vec<String>,
}

/// What was removed of whom, and when.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Receipt {
    removed: String,
    /// RFC 3339, UTC.
    at: String,
    photos: usize,
    embeddings: usize,
    thumbnails: usize,
    relationships: usize,
}

impl FamilyList {
    /// The list in words of the wire.
    pub(super) fn new(families: &[FamilyId], next: Option<FamilyId>) -> Self {
        Self {
            families: families.iter().map(ToString::to_string).collect(),
            next: next.map(|next| next.to_string()),
        }
    }
}

impl FamilyResource {
    /// A family of people, with their photos and their listed kin.
    pub(super) fn new<'a>(
        family: FamilyId,
        people: impl Iterator<Item = (MemberId, &'a [&'a PhotoId], Vec<MemberId>)>,
    ) -> Self {
        let member = |(person, photos, kin): (MemberId, &[&PhotoId], Vec<MemberId>)| FamilyMember {
            person: person.to_string(),
            photos: photos.len(),
            portrait: photos.first().map(ToString::to_string).unwrap_or_default(),
            listed_kin: kin.iter().map(ToString::to_string).collect(),
        };
        Self { family: family.to_string(), people: people.map(member).collect() }
    }
}

impl PersonResource {
    /// A person with these photos and listed kin.
    pub(super) fn new<'a>(
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
    pub(super) fn new(id: &PhotoId, hash: ContentHash) -> Self {
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

impl ListedKin {
    /// The pairs, in the words of this program.
    pub(super) fn pairs(&self) -> Result<Vec<Relationship>, Problem> {
        let person = |text: &String| text.parse::<MemberId>().map_err(Problem::invalid);
        let pair = |listed: &RelationshipResource| {
            let [a, b] = [person(&listed.person_a)?, person(&listed.person_b)?];
            let relation = listed.relation.as_deref().map(str::parse).transpose();
            let pair = relation.and_then(|relation| Relationship::new(a, b, relation));
            pair.map_err(Problem::invalid)
        };
        self.relationships.iter().map(pair).collect()
    }
}

impl RelationshipList {
    /// These pairs, and where the list goes on.
    pub(super) fn new(pairs: &[Relationship], next: Option<String>) -> Self {
        Self { relationships: pairs.iter().map(RelationshipResource::from).collect(), next }
    }
}

impl Removal {
    /// It was removed.
    pub(super) fn done(id: String, receipt: Receipt) -> Self {
        Self { id, receipt: Some(receipt), error: None }
    }

    /// It was not removed.
    pub(super) fn failed(id: String, code: String, detail: String) -> Self {
        Self { id, receipt: None, error: Some(ItemError { code, detail }) }
    }
}

impl Enrolled {
    /// These photos.
    pub(super) fn new(photos: &[PhotoId]) -> Self {
        Self { photos: photos.iter().map(ToString::to_string).collect() }
    }
}

impl Receipt {
    /// The receipt of a removal that is on disk now.
    pub(super) fn new(what: impl ToString, removed: Removed) -> Self {
        let Removed { photos, embeddings, thumbnails, relationships } = removed;
        let at = Timestamp::now().to_string();
        Self { removed: what.to_string(), at, photos, embeddings, thumbnails, relationships }
    }
}

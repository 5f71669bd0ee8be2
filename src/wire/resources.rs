//! JSON form of families, people, photos and listed kin.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::{
    ContentHash, FamilyId, Fingerprint, PersonId, PhotoId, Relationship, RelationshipError,
};
use crate::gallery::Deleted;

/// A page of the list of families.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FamilyList {
    families: Vec<String>,
    /// `cursor` of the next page. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A family with a photo in the gallery.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FamilyResource {
    family: String,
    people: Vec<FamilyMember>,
}

#[derive(Debug, Serialize, ToSchema)]
struct FamilyMember {
    person: String,
    photos: usize,
    /// Id of one of the person's photos.
    portrait: String,
    listed_kin: Vec<String>,
}

/// A person with a photo in the gallery.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonResource {
    person: String,
    family: String,
    photos: Vec<String>,
    listed_kin: Vec<String>,
}

/// A photo in the gallery.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PhotoResource {
    id: String,
    person: String,
    family: String,
    /// SHA-256 of the photo's file.
    sha256: String,
}

/// Two people listed as kin.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RelationshipResource {
    /// First person. The elder one if the relation has an order.
    person_a: String,
    /// Second person.
    person_b: String,
    /// Kinship relation, if known: a code such as `fd`, father and daughter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    relation: Option<String>,
}

/// People to list as kin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListedKin {
    /// The pairs to list.
    relationships: Vec<RelationshipResource>,
}

/// A page of the list of kin.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RelationshipList {
    relationships: Vec<RelationshipResource>,
    /// `cursor` of the next page. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Items to delete.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Removals {
    /// Ids of families, people and photos.
    pub(crate) ids: Vec<String>,
}

/// Result of each deletion, in the order of the request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RemovalsResponse {
    /// One result per item.
    pub(crate) results: Vec<Removal>,
}

/// Result of one deletion: a receipt or an error.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Removal {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<Receipt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ItemError>,
}

/// Error of one item of several.
#[derive(Debug, Serialize, ToSchema)]
struct ItemError {
    code: String,
    detail: String,
}

/// Added photos.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Enrolled {
    photos: Vec<String>,
}

/// Receipt of a deletion: the deleted item, its photos and the time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Receipt {
    removed: String,
    /// Time of the deletion, RFC 3339, UTC.
    at: String,
    photos: usize,
    embeddings: usize,
    thumbnails: usize,
    relationships: usize,
}

impl FamilyList {
    /// Converts the list to its JSON form.
    pub(crate) fn new(families: &[FamilyId], next: Option<FamilyId>) -> Self {
        Self {
            families: families.iter().map(ToString::to_string).collect(),
            next: next.map(|next| next.to_string()),
        }
    }
}

impl FamilyResource {
    /// Builds a family from people, with their photos and listed kin.
    pub(crate) fn new<'a>(
        family: FamilyId,
        people: impl Iterator<Item = (PersonId, &'a [&'a PhotoId], Vec<PersonId>)>,
    ) -> Self {
        let people = people.map(|(person, photos, kin)| FamilyMember::new(person, photos, &kin));
        Self { family: family.to_string(), people: people.collect() }
    }
}

impl FamilyMember {
    fn new(person: PersonId, photos: &[&PhotoId], kin: &[PersonId]) -> Self {
        Self {
            person: person.to_string(),
            photos: photos.len(),
            portrait: photos.first().map(ToString::to_string).unwrap_or_default(),
            listed_kin: kin.iter().map(ToString::to_string).collect(),
        }
    }
}

impl PersonResource {
    /// Builds a person from photos and listed kin.
    pub(crate) fn new<'a>(
        person: PersonId,
        photos: impl Iterator<Item = &'a PhotoId>,
        kin: impl Iterator<Item = PersonId>,
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
    /// Builds a photo of the file with this hash.
    pub(crate) fn new(id: &PhotoId, hash: ContentHash) -> Self {
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
    /// Parses the pairs.
    ///
    /// # Errors
    /// The parser's error if an id or a relation is malformed.
    pub(crate) fn pairs(&self) -> Result<Vec<Relationship>, RelationshipError> {
        self.relationships.iter().map(RelationshipResource::parse).collect()
    }
}

impl RelationshipResource {
    fn parse(&self) -> Result<Relationship, RelationshipError> {
        let a: PersonId = self.person_a.parse()?;
        let b: PersonId = self.person_b.parse()?;
        let relation = self.relation.as_deref().map(str::parse).transpose()?;
        Relationship::new(a, b, relation)
    }
}

impl RelationshipList {
    /// Builds a page of these pairs, with the cursor of the next page.
    pub(crate) fn new(pairs: &[Relationship], next: Option<String>) -> Self {
        Self { relationships: pairs.iter().map(RelationshipResource::from).collect(), next }
    }
}

impl Removal {
    /// Builds the result of a successful deletion.
    pub(crate) fn done(id: String, receipt: Receipt) -> Self {
        Self { id, receipt: Some(receipt), error: None }
    }

    /// Builds the result of a failed deletion.
    pub(crate) fn failed(id: String, code: String, detail: String) -> Self {
        Self { id, receipt: None, error: Some(ItemError { code, detail }) }
    }
}

impl Enrolled {
    /// Builds the response for these photos.
    pub(crate) fn new(photos: &[PhotoId]) -> Self {
        Self { photos: photos.iter().map(ToString::to_string).collect() }
    }
}

impl Receipt {
    /// Builds the receipt of a deletion that is on disk.
    pub(crate) fn new(what: impl ToString, removed: Deleted) -> Self {
        let Deleted { photos, embeddings, thumbnails, relationships } = removed;
        let at = Timestamp::now().to_string();
        Self { removed: what.to_string(), at, photos, embeddings, thumbnails, relationships }
    }
}

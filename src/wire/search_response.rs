//! Response to a search.

use serde::Serialize;
use utoipa::ToSchema;

use super::context::{Context, Explanation, GalleryVersion, ModelVersion, ProbeFace, TimingsMs};
use super::found::{FoundCouple, FoundFamily, FoundPerson, FoundPhoto};
use super::note::Note;
use crate::gallery::Method;
use crate::search::{Answer, PersonMatch, SearchScope};

/// Response to a search.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchResponse {
    /// Position of the face in each photo of the request.
    faces: Vec<ProbeFace>,
    /// Similarity of the probe's faces to the training faces, 0 to 1. It scales the evidence.
    typicality: f64,
    /// Limitations of this response.
    notes: Vec<Note>,
    /// Enrolled people known to be in the probe, from `as`, an enrolled photo, or an enrolled file.
    known_as: Vec<String>,
    /// People identified as the probe. Known people come first, then people more likely the same person than kin.
    same_person: Vec<FoundPerson>,
    /// Other people, in descending order of kinship evidence. Without an ensemble, the nearest come first.
    matches: Vec<FoundPerson>,
    /// Families of the matches, in the order of their first person.
    families: Vec<FoundFamily>,
    /// Photos of the matches, in descending order of evidence. Empty unless photos are requested.
    photos: Vec<FoundPhoto>,
    /// Couples, in descending order of evidence. Empty unless the search is for parents.
    couples: Vec<FoundCouple>,
    /// Scope and method of the search.
    searched: ScopeResponse,
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

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Searched)]
struct ScopeResponse {
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

impl SearchResponse {
    /// Builds the response of a search answer.
    pub fn new(answer: &Answer, context: Context<'_>) -> Self {
        let Context { faces, timings, model, gallery_version, explained_by } = context;
        let people = |found: &[PersonMatch]| {
            found.iter().map(|p| FoundPerson::new(p, &answer.members)).collect()
        };
        let searched = ScopeResponse::from(&answer.searched);
        Self {
            faces,
            typicality: answer.typicality,
            notes: answer.notes.iter().map(Note::from).collect(),
            known_as: answer.known.iter().map(ToString::to_string).collect(),
            same_person: people(&answer.same_person),
            matches: people(&answer.people),
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

impl From<&SearchScope> for ScopeResponse {
    fn from(searched: &SearchScope) -> Self {
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

//! What the service and `--json` write.

use serde::Serialize;

use crate::gallery::Method;
use crate::search::{Answer, FamilyMatch, PersonMatch};

/// The answer to a search.
#[derive(Debug, Serialize)]
pub struct SearchResponse {
    /// People, the nearest first.
    matches: Vec<Person>,
    /// Their families, the nearest first.
    families: Vec<Family>,
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
    /// Searching and grouping.
    pub search: f64,
}

#[derive(Debug, Serialize)]
struct Person {
    person: String,
    family: String,
    /// Cosine of the probe and the nearest photo, -1 to 1: a likeness, not a probability.
    cosine: f32,
    photos: Vec<Photo>,
    listed_kin: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Photo {
    id: String,
    cosine: f32,
}

#[derive(Debug, Serialize)]
struct Family {
    family: String,
    cosine: f32,
    people: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Searched {
    photos: usize,
    method: &'static str,
}

impl SearchResponse {
    /// The answer in words of the wire.
    pub fn new(answer: &Answer, timings_ms: TimingsMs) -> Self {
        let method = match answer.method {
            Method::Exact => "exact",
            Method::Graph => "graph",
        };
        Self {
            matches: answer.people.iter().map(Person::from).collect(),
            families: answer.families.iter().map(Family::from).collect(),
            searched: Searched { photos: answer.searched_photos, method },
            timings_ms,
        }
    }
}

impl From<&PersonMatch> for Person {
    fn from(found: &PersonMatch) -> Self {
        let photos = found.photos.iter();
        Self {
            person: found.person.to_string(),
            family: found.person.family().to_string(),
            cosine: found.cosine,
            photos: photos.map(|p| Photo { id: p.photo.to_string(), cosine: p.cosine }).collect(),
            listed_kin: found.listed_kin.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<&FamilyMatch> for Family {
    fn from(found: &FamilyMatch) -> Self {
        Self {
            family: found.family.to_string(),
            cosine: found.cosine,
            people: found.people.iter().map(ToString::to_string).collect(),
        }
    }
}

//! What is said of a search beside what it found: the faces it was asked with, versions, times, and how it came about.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::embedder::{Embedder, Face};
use crate::kinship::{Ensemble, MemberConfig};
use crate::search::Answer;

/// What is to be said beside what was found.
pub struct Context<'a> {
    /// The faces of the request.
    pub faces: Vec<FaceSeen>,
    /// Where the time went.
    pub timings: TimingsMs,
    /// The bundle.
    pub model: ModelVersion,
    /// How often the gallery has changed.
    pub gallery_version: u64,
    /// The ensemble, if it is to be explained.
    pub explained_by: Option<&'a Ensemble>,
}

/// Where a face is in a photo of a request.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FaceSeen {
    /// Which part of the request it came in.
    #[schema(value_type = String)]
    part: &'static str,
    /// Its place among the photos of that part, from 0 on.
    index: usize,
    /// Pixels of a row of the upright photo.
    width: u32,
    /// Its rows.
    height: u32,
    #[serde(rename = "box", skip_serializing_if = "Option::is_none")]
    bounds: Option<Bounds>,
    /// The eyes, the tip of the nose and the corners of the mouth, from left to right, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Vec<f32>>>)]
    landmarks: Option<[[f32; 2]; 5]>,
    /// How likely there is a whole face at these points, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<f32>,
}

/// A square around a face, in pixels of the photo.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct Bounds {
    x: f32,
    y: f32,
    width: f32,
    height: f32,
}

/// The bundle that made embeddings.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ModelVersion {
    name: String,
    fingerprint: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GalleryVersion {
    pub(super) photos: usize,
    /// How often it has changed since it was made.
    pub(super) version: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Explanation {
    /// Photos that were scored.
    candidates: usize,
    /// Two photos are of kin from this probability at even odds on.
    kin_threshold: f64,
    /// Two photos are of one person from this cosine on; used without an open-set model.
    same_person_threshold: f64,
    /// The weight of each member in the joined score.
    weights: BTreeMap<String, f64>,
}

/// Milliseconds per stage.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct TimingsMs {
    /// Reading and scaling the photo.
    pub decode: f64,
    /// Waiting for the model and embedding.
    pub embed: f64,
    /// Searching, reranking and grouping.
    pub search: f64,
}

impl TimingsMs {
    /// Each stage by its name.
    pub(in crate::api) fn stages(self) -> [(&'static str, f64); 3] {
        [("decode", self.decode), ("embed", self.embed), ("search", self.search)]
    }
}

impl FaceSeen {
    /// The face at a place of a part of a request.
    pub fn new((part, index): (&'static str, usize), face: &Face) -> Self {
        let [width, height] = face.photo_size;
        let bounds = face.found.map(|found| {
            let [x, y, width, height] = found.bounds();
            Bounds { x, y, width, height }
        });
        let landmarks = face.found.map(|found| found.landmarks.0);
        let quality = face.found.map(|found| found.quality);
        Self { part, index, width, height, bounds, landmarks, quality }
    }
}

impl ModelVersion {
    /// The version of a bundle.
    pub fn of(bundle: &Embedder) -> Self {
        let fingerprint = bundle.space().fingerprint.to_string();
        Self { name: bundle.name().to_owned(), fingerprint }
    }
}

impl Explanation {
    pub(super) fn new(ensemble: &Ensemble, answer: &Answer) -> Self {
        let config = ensemble.config();
        let weight = |member: &MemberConfig| (member.name.clone(), member.weight);
        Self {
            candidates: answer.searched.scored_photos,
            kin_threshold: config.kin_threshold,
            same_person_threshold: config.same_person_threshold,
            weights: config.members.iter().map(weight).collect(),
        }
    }
}

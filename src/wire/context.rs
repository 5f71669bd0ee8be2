//! Context of a search response: probe faces, versions, timings and explanation.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::Serialize;
use utoipa::ToSchema;

use crate::bundle::Bundle;
use crate::domain::BoundingBox;
use crate::kinship::Ensemble;
use crate::pipeline::PreparedPhoto;
use crate::search::Answer;

/// Parts of a response other than the search result.
pub struct Context<'a> {
    /// Faces of the request.
    pub faces: Vec<ProbeFace>,
    /// Duration of each stage.
    pub timings: TimingsMs,
    /// The model bundle.
    pub model: ModelVersion,
    /// Number of changes of the gallery.
    pub gallery_version: u64,
    /// Ensemble to explain, if requested.
    pub explained_by: Option<&'a Ensemble>,
}

/// Position of a face in a photo of a request.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = FaceSeen)]
pub struct ProbeFace {
    /// Part of the request that contains the photo.
    #[schema(value_type = String)]
    part: &'static str,
    /// Index among the photos of that part, from 0.
    index: usize,
    /// Width of the upright photo, in pixels.
    width: u32,
    /// Height of the upright photo, in pixels.
    height: u32,
    #[serde(rename = "box", skip_serializing_if = "Option::is_none")]
    bounds: Option<Bounds>,
    /// Eyes, tip of the nose, and corners of the mouth, from left to right, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Vec<f32>>>)]
    landmarks: Option<[[f32; 2]; 5]>,
    /// Probability that a complete face is at these points, 0 to 1.
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
    /// Number of changes since the gallery was created.
    pub(super) version: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Explanation {
    /// Number of scored photos.
    candidates: usize,
    /// Minimum probability at even odds for which two photos count as kin.
    kin_threshold: f64,
    /// Minimum cosine for which two photos count as one person. Used without an open-set model.
    same_person_threshold: f64,
    /// Weight of each member in the combined score.
    weights: BTreeMap<String, f64>,
}

/// Milliseconds per stage.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct TimingsMs {
    /// Decoding and scaling of the photo.
    pub decode: f64,
    /// Waiting for the model, and embedding.
    pub embed: f64,
    /// Search, reranking and grouping.
    pub search: f64,
}

impl TimingsMs {
    /// Returns the milliseconds since an instant.
    pub fn since(started: Instant) -> f64 {
        started.elapsed().as_secs_f64() * 1e3
    }

    /// Returns each stage with its name.
    pub(crate) fn stages(self) -> [(&'static str, f64); 3] {
        [("decode", self.decode), ("embed", self.embed), ("search", self.search)]
    }
}

impl ProbeFace {
    /// Builds the face of the photo with this index in a part of a request.
    pub fn new(part: &'static str, index: usize, photo: &PreparedPhoto) -> Self {
        let [width, height] = photo.size;
        let detected = photo.faces.first().and_then(|face| face.detected);
        let bounds = detected.map(|face| {
            let BoundingBox { left, top, width, height } = face.bounds();
            Bounds { x: left, y: top, width, height }
        });
        let landmarks = detected.map(|face| face.landmarks.0);
        let quality = detected.map(|face| face.quality);
        Self { part, index, width, height, bounds, landmarks, quality }
    }
}

impl ModelVersion {
    /// Returns the version of a bundle.
    pub fn new(bundle: &Bundle) -> Self {
        let fingerprint = bundle.space().fingerprint.to_string();
        Self { name: bundle.name().to_owned(), fingerprint }
    }
}

impl Explanation {
    pub(super) fn new(ensemble: &Ensemble, answer: &Answer) -> Self {
        let config = ensemble.config();
        Self {
            candidates: answer.searched.scored_photos,
            kin_threshold: config.kin_threshold,
            same_person_threshold: config.same_person_threshold,
            weights: config
                .members
                .iter()
                .map(|member| (member.name.clone(), member.weight))
                .collect(),
        }
    }
}

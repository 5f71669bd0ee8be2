//! Responses to comparisons, rerankings and embeddings.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::found::{FoundKinship, FoundPhoto};
use super::note::Note;
use crate::domain::{EmbeddedPhoto, Fingerprint, PhotoId};
use crate::search::{Comparison, PhotoMatch};

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
    kinship: Option<FoundKinship>,
    /// Limitations of this response.
    notes: Vec<Note>,
}

/// Likelihoods of two faces, relative to each other.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Likelihoods)]
struct RelativeLikelihoods {
    same_person: f64,
    kin: f64,
    unrelated: f64,
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
            kinship: kinship.map(|kinship| FoundKinship::new(kinship, &comparison.members)),
            notes: comparison.notes.iter().map(Note::from).collect(),
        }
    }
}

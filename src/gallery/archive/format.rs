//! Entries of a gallery archive.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Record counts of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveSummary {
    /// Photos with their embeddings.
    pub photos: usize,
    /// Listed kin pairs.
    pub relationships: usize,
}

/// Version of the archive layout. Version 1 had no thumbnails.
pub(super) const FORMAT: u32 = 2;

pub(super) const CONTENTS: &str = "gallery.json";
pub(super) const PHOTOS: &str = "photos.jsonl";
pub(super) const RELATIONSHIPS: &str = "relationships.jsonl";
pub(super) const THUMBNAILS: &str = "thumbnails";

pub(super) fn embeddings_file(backbone: usize) -> String {
    format!("embeddings-{backbone}.f32")
}

/// Content of `gallery.json`.
#[derive(Serialize, Deserialize)]
pub(super) struct Contents {
    pub(super) format: u32,
    /// Fingerprint of the bundle that made the embeddings, in hexadecimal.
    pub(super) fingerprint: String,
    /// Embedding width per backbone.
    pub(super) dimensions: Vec<usize>,
    /// Path of the bundle.
    pub(super) bundle: String,
    pub(super) photos: usize,
    pub(super) relationships: usize,
    /// SHA-256 of each file, in hexadecimal.
    pub(super) sha256: BTreeMap<String, String>,
}

/// A line of `photos.jsonl`.
#[derive(Serialize, Deserialize)]
pub(super) struct PhotoLine {
    pub(super) photo: String,
    pub(super) sha256: String,
    /// Length of its thumbnail, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) thumbnail: Option<usize>,
}

/// A line of `relationships.jsonl`.
#[derive(Serialize, Deserialize)]
pub(super) struct RelationshipLine {
    pub(super) people: [String; 2],
    pub(super) relation: Option<String>,
}

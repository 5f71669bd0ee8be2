//! A gallery as one file, for another machine or as a copy.
//!
//! A zip archive with what is true of a gallery, and nothing derived: `photos.jsonl`, a line a photo with its identity and
//! the SHA-256 of its file; per backbone `embeddings-N.f32`, in the order of the photos, rows of little-endian f32;
//! `thumbnails`, the small pictures of the photos that have one, one after the other, whose lengths are with the photos;
//! `relationships.jsonl`, a line a listed pair; and `gallery.json`, which tells what the embeddings are, how many of all there
//! are, and the SHA-256 of each of the other files.

mod read;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What an archive has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Archived {
    /// Photos with their embeddings.
    pub photos: usize,
    /// Listed kin pairs.
    pub relationships: usize,
}

/// The version of the archive's layout; the first one had no small pictures.
const FORMAT: u32 = 2;

const CONTENTS: &str = "gallery.json";
const PHOTOS: &str = "photos.jsonl";
const RELATIONSHIPS: &str = "relationships.jsonl";
const THUMBNAILS: &str = "thumbnails";

fn embeddings_file(backbone: usize) -> String {
    format!("embeddings-{backbone}.f32")
}

/// `gallery.json`.
#[derive(Serialize, Deserialize)]
struct Contents {
    format: u32,
    /// Of the bundle that made the embeddings, in hexadecimal.
    fingerprint: String,
    /// Embedding width per backbone.
    dimensions: Vec<usize>,
    /// Where the bundle was.
    bundle: String,
    photos: usize,
    relationships: usize,
    /// Per file its SHA-256, in hexadecimal.
    sha256: BTreeMap<String, String>,
}

/// A line of `photos.jsonl`.
#[derive(Serialize, Deserialize)]
struct PhotoLine {
    photo: String,
    sha256: String,
    /// Bytes of its small picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thumbnail: Option<usize>,
}

/// A line of `relationships.jsonl`.
#[derive(Serialize, Deserialize)]
struct RelationshipLine {
    people: [String; 2],
    relation: Option<String>,
}

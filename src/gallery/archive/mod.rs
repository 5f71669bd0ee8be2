//! Gallery archive: one zip file, as a copy or for another machine.
//!
//! It contains the stored records, without the search graphs.
//!
//! | entry | content |
//! |---|---|
//! | `gallery.json` | embedding space, counts, SHA-256 of each other entry |
//! | `photos.jsonl` | one line a photo: identity, SHA-256 of its file, thumbnail length |
//! | `embeddings-N.f32` | per backbone, rows of little-endian f32, in the order of the photos |
//! | `thumbnails` | the stored thumbnails, concatenated |
//! | `relationships.jsonl` | one line a listed pair |

mod read;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Record counts of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Archived {
    /// Photos with their embeddings.
    pub photos: usize,
    /// Listed kin pairs.
    pub relationships: usize,
}

/// Version of the archive layout. Version 1 had no thumbnails.
const FORMAT: u32 = 2;

const CONTENTS: &str = "gallery.json";
const PHOTOS: &str = "photos.jsonl";
const RELATIONSHIPS: &str = "relationships.jsonl";
const THUMBNAILS: &str = "thumbnails";

fn embeddings_file(backbone: usize) -> String {
    format!("embeddings-{backbone}.f32")
}

/// Content of `gallery.json`.
#[derive(Serialize, Deserialize)]
struct Contents {
    format: u32,
    /// Fingerprint of the bundle that made the embeddings, in hexadecimal.
    fingerprint: String,
    /// Embedding width per backbone.
    dimensions: Vec<usize>,
    /// Path of the bundle.
    bundle: String,
    photos: usize,
    relationships: usize,
    /// SHA-256 of each file, in hexadecimal.
    sha256: BTreeMap<String, String>,
}

/// A line of `photos.jsonl`.
#[derive(Serialize, Deserialize)]
struct PhotoLine {
    photo: String,
    sha256: String,
    /// Length of its thumbnail, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thumbnail: Option<usize>,
}

/// A line of `relationships.jsonl`.
#[derive(Serialize, Deserialize)]
struct RelationshipLine {
    people: [String; 2],
    relation: Option<String>,
}

//! Keys of records in the store. Numbers are big-endian, so that byte order is numeric order.

use super::error::StoreError;
use crate::domain::{PersonId, Relationship};

/// Keys in the `meta` tree.
pub(super) const SCHEMA: &[u8] = b"schema";
pub(super) const HEADER: &[u8] = b"header";
pub(super) const NEXT_ORDINAL: &[u8] = b"next_ordinal";
pub(super) const COUNTS: &[u8] = b"counts";
pub(super) const SEGMENTS: &[u8] = b"segments";

/// Longest value written in one piece: with its frame and key it stays under 16 KiB.
pub(super) const CHUNK_BYTES: usize = 15 * 1024;
pub(super) const FLOATS_PER_PART: usize = CHUNK_BYTES / size_of::<f32>();

pub(super) fn embedding(ordinal: u64, backbone: u8, part: u8) -> [u8; 10] {
    let mut key = [0; 10];
    key[..9].copy_from_slice(&embedding_prefix(ordinal, backbone));
    key[9] = part;
    key
}

pub(super) fn embedding_prefix(ordinal: u64, backbone: u8) -> [u8; 9] {
    let mut key = [0; 9];
    key[..8].copy_from_slice(&ordinal.to_be_bytes());
    key[8] = backbone;
    key
}

pub(super) fn thumbnail(ordinal: u64, part: u8) -> [u8; 9] {
    let mut key = [0; 9];
    key[..8].copy_from_slice(&ordinal.to_be_bytes());
    key[8] = part;
    key
}

pub(super) fn segment_chunk(stamp: u64, chunk: u32) -> [u8; 12] {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&stamp.to_be_bytes());
    key[8..].copy_from_slice(&chunk.to_be_bytes());
    key
}

/// Returns the photo's ordinal from the key of an embedding or a thumbnail.
pub(super) fn parse_ordinal(key: &[u8]) -> Result<u64, StoreError> {
    let ordinal = key.first_chunk().copied().map(u64::from_be_bytes);
    ordinal.ok_or_else(|| StoreError::Corrupt { what: "an embedding's key is unreadable".into() })
}

pub(super) fn relationship([first, second]: [PersonId; 2]) -> Vec<u8> {
    format!("{first}\0{second}").into_bytes()
}

pub(super) fn parse_relationship(
    key: &[u8],
    code: Option<&str>,
) -> Result<Relationship, StoreError> {
    let parse = || {
        let (first, second) = std::str::from_utf8(key).ok()?.split_once('\0')?;
        let first: PersonId = first.parse().ok()?;
        let second: PersonId = second.parse().ok()?;
        let relation = code.map(str::parse).transpose().ok()?;
        Relationship::new(first, second, relation).ok()
    };
    parse()
        .ok_or_else(|| StoreError::Corrupt { what: "a listed relationship is unreadable".into() })
}

/// Parses a key that is the text of an identity.
pub(super) fn parse_text<T: std::str::FromStr>(key: &[u8], what: &str) -> Result<T, StoreError> {
    let text = std::str::from_utf8(key).ok();
    let parsed = text.and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| StoreError::Corrupt { what: format!("{what} is unreadable") })
}

//! Reads every photo of a collection.

use std::collections::BTreeMap;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::dataset::{Source, UnreadableEntry};
use crate::domain::{ContentHash, PhotoId, Progress};
use crate::photo::{self, Limits};

/// Photos in memory together, as file bytes.
const BATCH: usize = 16;

/// Hashes of the readable photos, and the unreadable photos.
#[derive(Default)]
pub(super) struct PhotoScan {
    /// Hash of each photo that can be decoded.
    pub(super) hashes: BTreeMap<PhotoId, ContentHash>,
    /// Photos that cannot be decoded.
    pub(super) unreadable: Vec<UnreadableEntry>,
}

/// Reads, hashes and decodes photos at their paths in `source`. Returns `None` if `progress` is
/// cancelled.
pub(super) fn scan_photos(
    source: &mut Source,
    photos: &BTreeMap<PhotoId, String>,
    progress: &dyn Progress,
) -> Option<PhotoScan> {
    progress.begin("Reading", photos.len() as u64, "photos");
    let limits = Limits::default();
    let mut scan = PhotoScan::default();
    for batch in photos.iter().collect::<Vec<_>>().chunks(BATCH) {
        if progress.cancelled() {
            return None;
        }
        let files = batch.iter().map(|(_, path)| source.read(path, limits.max_file_bytes));
        let files: Vec<_> = files.collect();
        let checked: Vec<_> = files.into_par_iter().map(|file| check(file, &limits)).collect();
        for ((photo, path), result) in batch.iter().zip(checked) {
            match result {
                Ok(hash) => drop(scan.hashes.insert((*photo).clone(), hash)),
                Err(reason) => {
                    scan.unreadable.push(UnreadableEntry { path: (*path).clone(), reason })
                }
            }
        }
        progress.advance(batch.len() as u64);
    }
    Some(scan)
}

/// Returns the hash of a decodable file, or the reason why it is not decodable.
fn check(file: std::io::Result<Vec<u8>>, limits: &Limits) -> Result<ContentHash, String> {
    let bytes = file.map_err(|error| format!("cannot be read: {error}"))?;
    photo::decode(&bytes, limits).map_err(|error| error.to_string())?;
    Ok(ContentHash(Sha256::digest(&bytes).into()))
}

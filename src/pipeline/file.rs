//! Files of photos.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::Rejection;
use crate::dataset::Source;
use crate::domain::ContentHash;
use crate::photo::{Limits, Photo, PhotoError, decode};

/// The file of a photo.
pub struct PhotoFile {
    /// Name of the file, for messages: its path, or its field in a request.
    pub name: String,
    /// SHA-256 of the content.
    pub content_hash: ContentHash,
    pub(super) bytes: Vec<u8>,
}

impl PhotoFile {
    /// Hashes the content of a file.
    pub fn new(name: String, bytes: Vec<u8>) -> Self {
        let content_hash = ContentHash(Sha256::digest(&bytes).into());
        Self { name, content_hash, bytes }
    }

    /// Reads a file of at most [`Limits::max_file_bytes`].
    ///
    /// # Errors
    /// - [`Rejection::Unreadable`] if the file cannot be read.
    /// - [`Rejection::Photo`] if the file is too large.
    pub fn read(path: &Path) -> Result<Self, Rejection> {
        let limit = Limits::default().max_file_bytes;
        let found = fs::metadata(path)?.len();
        if found > limit {
            return Err(PhotoError::FileTooLarge { found, limit }.into());
        }
        Ok(Self::new(path.display().to_string(), fs::read(path)?))
    }
}

/// Reads and decodes the photo `path` of a collection.
///
/// # Errors
/// - [`Rejection::Unreadable`] if the file is missing, damaged or too large.
/// - [`Rejection::Photo`] if it is no photo within the limits.
pub fn read_photo(source: &mut Source, path: &str) -> Result<Photo, Rejection> {
    let limits = Limits::default();
    let bytes = source.read(path, limits.max_file_bytes)?;
    Ok(decode(&bytes, &limits)?)
}

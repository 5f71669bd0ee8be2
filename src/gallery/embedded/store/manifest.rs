//! The gallery manifest: a human-readable file next to the database.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::migrate::SUPPORTED;
use super::records::{Counts, Header};
use crate::atomic_file::write_atomically;
use crate::domain::Fingerprint;

/// Name of the file.
pub(super) const FILE: &str = "gallery.json";

/// The minimum content of the database.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct GalleryManifest {
    schema: u32,
    /// The bundle's fingerprint, in hexadecimal.
    fingerprint: String,
    /// Embedding width per backbone.
    dimensions: Vec<u32>,
    commits: u64,
    photos: u64,
    relationships: u64,
}

impl GalleryManifest {
    pub(super) fn new(header: &Header, counts: Counts) -> Self {
        let Counts { commits, photos, relationships } = counts;
        Self {
            schema: SUPPORTED,
            fingerprint: Fingerprint(header.fingerprint).to_string(),
            dimensions: header.dimensions.clone(),
            commits,
            photos,
            relationships,
        }
    }

    /// Returns whether nothing was stored yet.
    pub(super) fn is_new(&self) -> bool {
        self.commits == 0 && self.photos == 0 && self.relationships == 0
    }

    /// Reads the manifest of the gallery at `path`, if it has one.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, StoreError> {
        let file = path.join(FILE);
        match fs::read(&file) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::Io { path: path.to_owned(), source }),
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(manifest) => Ok(Some(manifest)),
                Err(_) => Err(damaged(file)),
            },
        }
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), StoreError> {
        let text = serde_json::to_vec_pretty(self).expect("plain data becomes JSON");
        write_atomically(&path.join(FILE), |file| fs::write(file, text))
            .map_err(|source| StoreError::Io { path: path.to_owned(), source })
    }

    /// Checks that the database has all records that the manifest counts.
    ///
    /// The database may be ahead of it by the last commit before the program ended.
    pub(super) fn check(
        found: Option<&Self>,
        header: &Header,
        counts: Counts,
        path: &Path,
    ) -> Result<(), StoreError> {
        let Some(manifest) = found else {
            // The manifest is written before the first commit. A gallery of an older version had
            // none.
            return if counts.commits == 0 { Ok(()) } else { Err(damaged(path.join(FILE))) };
        };
        let current = Self::new(header, counts);
        if manifest.fingerprint != current.fingerprint || manifest.dimensions != current.dimensions
        {
            return Err(damaged(path.join(FILE)));
        }
        let is_same =
            manifest.photos == current.photos && manifest.relationships == current.relationships;
        if manifest.commits > current.commits || (manifest.commits == current.commits && !is_same) {
            return Err(manifest.lost(counts.photos, path));
        }
        Ok(())
    }

    /// The error of a database with lost records. `found` is its number of photos.
    pub(super) fn lost(&self, found: u64, path: &Path) -> StoreError {
        StoreError::LostRecords { path: path.to_owned(), expected: self.photos, found }
    }
}

fn damaged(file: PathBuf) -> StoreError {
    StoreError::BadManifest { path: file }
}

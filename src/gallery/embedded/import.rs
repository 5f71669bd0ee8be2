//! Import of an archive into a gallery on disk.

use std::path::Path;

use super::gallery::EmbeddedGallery;
use crate::domain::Progress;
use crate::gallery::archive::{ArchiveSummary, GalleryArchive};
use crate::gallery::error::GalleryError;

impl EmbeddedGallery {
    /// Adds the content of an archive to the gallery at `path`, and seals it.
    ///
    /// A missing gallery is created. Every checksum is verified before anything is added. A
    /// repeated import changes nothing. Returns `None` if `progress` is cancelled.
    ///
    /// # Errors
    /// - [`GalleryError::Archive`] if the file cannot be opened.
    /// - [`GalleryError::BadArchive`] if the file is not a complete archive.
    /// - [`GalleryError::OtherBundle`] if the gallery was made with another bundle.
    /// - [`GalleryError::Store`] if the gallery fails.
    pub fn import(
        path: &Path,
        file: &Path,
        progress: &dyn Progress,
    ) -> Result<Option<ArchiveSummary>, GalleryError> {
        let Some(archive) = GalleryArchive::open(file, progress)? else { return Ok(None) };
        let gallery = Self::open_or_create(path, archive.space(), archive.bundle())?;
        archive.import_into(&gallery, progress)
    }
}

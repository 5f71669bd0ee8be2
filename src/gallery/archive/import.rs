//! Imports an archive into a gallery.

use std::path::{Path, PathBuf};

use super::format::{ArchiveSummary, Contents, PHOTOS, RELATIONSHIPS, THUMBNAILS, embeddings_file};
use super::read::{ArchiveReader, ArchivedPhoto};
use crate::domain::{EmbeddingSpace, Progress, Relationship};
use crate::gallery::error::GalleryError;
use crate::gallery::interface::Gallery;

/// A verified archive, ready to import.
pub struct GalleryArchive {
    path: PathBuf,
    contents: Contents,
    space: EmbeddingSpace,
    photos: Vec<ArchivedPhoto>,
    relationships: Vec<Relationship>,
}

impl GalleryArchive {
    /// Opens an archive, and verifies every checksum. Returns `None` if `progress` is cancelled.
    ///
    /// # Errors
    /// - [`GalleryError::Archive`] if the file cannot be opened.
    /// - [`GalleryError::BadArchive`] if the file is not a complete archive.
    pub fn open(file: &Path, progress: &dyn Progress) -> Result<Option<Self>, GalleryError> {
        let archive = ArchiveReader { path: file };
        let contents = archive.contents()?;
        let mut names = vec![PHOTOS.to_owned(), RELATIONSHIPS.to_owned()];
        if contents.format > 1 {
            names.push(THUMBNAILS.to_owned());
        }
        names.extend((0..contents.dimensions.len()).map(embeddings_file));
        progress.begin("Checking", names.len() as u64, "files");
        for name in &names {
            if progress.cancelled() {
                return Ok(None);
            }
            archive.check(name, &contents)?;
            progress.advance(1);
        }
        let photos = archive.photos(contents.photos)?;
        let relationships = archive.relationships(contents.relationships)?;
        let space = archive.space(&contents)?;
        Ok(Some(Self { path: file.to_owned(), contents, space, photos, relationships }))
    }

    /// The space of the embeddings.
    pub fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    /// Path of the bundle that made the embeddings.
    pub fn bundle(&self) -> &Path {
        Path::new(&self.contents.bundle)
    }

    /// Adds the content to a gallery. A repeated import changes nothing.
    ///
    /// Returns `None` if `progress` is cancelled.
    ///
    /// # Errors
    /// - [`GalleryError::OtherBundle`] if the gallery was made with another bundle.
    /// - [`GalleryError::BadArchive`] if the file has changed meanwhile.
    /// - [`GalleryError::Store`] if the gallery fails.
    pub fn import_into(
        self,
        gallery: &dyn Gallery,
        progress: &dyn Progress,
    ) -> Result<Option<ArchiveSummary>, GalleryError> {
        let Self { path, contents, space, photos, relationships } = self;
        gallery.check_bundle(&space)?;
        progress.begin("Importing", photos.len() as u64, "photos");
        let reader = ArchiveReader { path: &path };
        let is_complete = reader.embeddings(&contents.dimensions, photos, |batch| {
            progress.advance(batch.len() as u64);
            gallery.add_photos(batch)?;
            Ok(!progress.cancelled())
        })?;
        if !is_complete {
            return Ok(None);
        }
        gallery.add_relationships(&relationships)?;
        gallery.optimize(progress)?;
        let Contents { photos, relationships, .. } = contents;
        Ok(Some(ArchiveSummary { photos, relationships }))
    }
}

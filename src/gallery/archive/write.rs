//! Exports a gallery into an archive.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::format::{
    ArchiveSummary, CONTENTS, Contents, FORMAT, PHOTOS, PhotoLine, RELATIONSHIPS, RelationshipLine,
    THUMBNAILS, embeddings_file,
};
use crate::atomic_file::write_atomically;
use crate::domain::{Fingerprint, Progress, Relationship};
use crate::gallery::error::GalleryError;
use crate::gallery::interface::Gallery;
use crate::gallery::photo::StoredPhoto;
use crate::gallery::query::PageRequest;

/// Writes all records of a gallery into an archive, atomically.
///
/// Returns `None` if `progress` is cancelled.
///
/// # Errors
/// - [`GalleryError::Store`] if the store fails or is damaged.
/// - [`GalleryError::Changed`] if the gallery changes meanwhile.
/// - [`GalleryError::Archive`] if the file cannot be written.
pub fn export(
    gallery: &dyn Gallery,
    file: &Path,
    progress: &dyn Progress,
) -> Result<Option<ArchiveSummary>, GalleryError> {
    let export = ArchiveExport::new(gallery, progress)?;
    let ArchiveExport { photos, pairs, .. } = &export;
    let steps = photos.len() * gallery.space().dimensions.len();
    progress.begin("Exporting", steps as u64, "embeddings");
    // Set if the file was not the reason of the interruption.
    let mut interruption = None;
    let written = write_atomically(file, |unfinished| {
        let zip = ZipWriter::new(BufWriter::new(File::create(unfinished)?));
        let mut archive = ArchiveWriter { zip, sha256: BTreeMap::new() };
        match export.write(&mut archive) {
            Ok(()) => {}
            Err(ExportInterruption::Io(error)) => return Err(error),
            Err(other) => {
                interruption = Some(other);
                return Err(io::ErrorKind::Interrupted.into());
            }
        }
        archive.zip.finish()?.flush()
    });
    match (interruption, written) {
        (Some(ExportInterruption::Cancelled), _) => Ok(None),
        (Some(ExportInterruption::Gallery(error)), _) => Err(error),
        (_, Err(source)) => Err(GalleryError::Archive { path: file.to_owned(), source }),
        (_, Ok(())) => {
            Ok(Some(ArchiveSummary { photos: photos.len(), relationships: pairs.len() }))
        }
    }
}

/// An export in progress.
struct ArchiveExport<'a> {
    gallery: &'a dyn Gallery,
    progress: &'a dyn Progress,
    /// Version of the gallery at the beginning.
    version: u64,
    /// The photos, in the order of their identities' text.
    photos: Vec<Arc<StoredPhoto>>,
    /// The listed pairs, in the order of their identities' text.
    pairs: Vec<Relationship>,
}

impl<'a> ArchiveExport<'a> {
    fn new(gallery: &'a dyn Gallery, progress: &'a dyn Progress) -> Result<Self, GalleryError> {
        let version = gallery.version()?;
        let view = gallery.view()?;
        let mut photos = view.photos(None, &PageRequest::all())?;
        photos.sort_by_cached_key(|photo| photo.id.to_string());
        let mut pairs = view.relationships(None, &PageRequest::all())?;
        pairs.sort_by_cached_key(|pair| pair.people().map(|person| person.to_string()));
        Ok(Self { gallery, progress, version, photos, pairs })
    }

    fn write(
        &self,
        archive: &mut ArchiveWriter<impl Write + Seek>,
    ) -> Result<(), ExportInterruption> {
        archive.add(PHOTOS, |to| {
            for photo in &self.photos {
                let sha256 = Fingerprint(photo.content_hash.0).to_string();
                let thumbnail = self.gallery.thumbnail(&photo.id)?.map(|jpeg| jpeg.len());
                write_line(to, &PhotoLine { photo: photo.id.to_string(), sha256, thumbnail })?;
            }
            Ok(())
        })?;
        archive.add(THUMBNAILS, |to| {
            for photo in &self.photos {
                to.write_all(&self.gallery.thumbnail(&photo.id)?.unwrap_or_default())?;
            }
            Ok(())
        })?;
        archive.add(RELATIONSHIPS, |to| {
            for pair in &self.pairs {
                let people = pair.people().map(|person| person.to_string());
                let relation = pair.relation().map(|relation| relation.code().to_owned());
                write_line(to, &RelationshipLine { people, relation })?;
            }
            Ok(())
        })?;
        let space = self.gallery.space();
        for backbone in 0..space.dimensions.len() {
            archive.add(&embeddings_file(backbone), |to| self.write_embeddings(backbone, to))?;
        }
        if self.gallery.version()? != self.version {
            return Err(GalleryError::Changed.into());
        }
        let contents = Contents {
            format: FORMAT,
            fingerprint: space.fingerprint.to_string(),
            dimensions: space.dimensions.clone(),
            bundle: self.gallery.bundle().to_string_lossy().into_owned(),
            photos: self.photos.len(),
            relationships: self.pairs.len(),
            sha256: std::mem::take(&mut archive.sha256),
        };
        archive.add(CONTENTS, |to| write_line(to, &contents))
    }

    /// Writes the embeddings of all photos by one backbone.
    fn write_embeddings(
        &self,
        backbone: usize,
        to: &mut impl Write,
    ) -> Result<(), ExportInterruption> {
        for photo in &self.photos {
            if self.progress.cancelled() {
                return Err(ExportInterruption::Cancelled);
            }
            let embeddings = self.gallery.embeddings(&photo.id)?.ok_or(GalleryError::Changed)?;
            let values = embeddings[backbone].as_slice();
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            to.write_all(&bytes)?;
            self.progress.advance(1);
        }
        Ok(())
    }
}

/// Why an archive is incomplete.
enum ExportInterruption {
    Cancelled,
    Gallery(GalleryError),
    Io(io::Error),
}

impl From<io::Error> for ExportInterruption {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<zip::result::ZipError> for ExportInterruption {
    fn from(error: zip::result::ZipError) -> Self {
        Self::Io(error.into())
    }
}

impl From<GalleryError> for ExportInterruption {
    fn from(error: GalleryError) -> Self {
        Self::Gallery(error)
    }
}

fn write_line(to: &mut impl Write, line: &impl serde::Serialize) -> Result<(), ExportInterruption> {
    serde_json::to_writer(&mut *to, line).map_err(io::Error::from)?;
    Ok(to.write_all(b"\n")?)
}

/// An archive being written, and the checksums of its entries.
struct ArchiveWriter<W: Write + Seek> {
    zip: ZipWriter<W>,
    sha256: BTreeMap<String, String>,
}

impl<W: Write + Seek> ArchiveWriter<W> {
    fn add(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut HashingWriter<'_, ZipWriter<W>>) -> Result<(), ExportInterruption>,
    ) -> Result<(), ExportInterruption> {
        // Embeddings do not compress, and may exceed 4 GiB.
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        self.zip.start_file(name, stored.large_file(true))?;
        let mut hashed = HashingWriter { to: &mut self.zip, sha256: Sha256::new() };
        write(&mut hashed)?;
        let sha256 = Fingerprint(hashed.sha256.finalize().into()).to_string();
        self.sha256.insert(name.to_owned(), sha256);
        Ok(())
    }
}

/// A writer that hashes its bytes.
struct HashingWriter<'a, W> {
    to: &'a mut W,
    sha256: Sha256,
}

impl<W: Write> Write for HashingWriter<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

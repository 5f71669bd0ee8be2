//! Exports a gallery into an archive.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;

use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::format::{
    ArchiveSummary, CONTENTS, Contents, FORMAT, PHOTOS, PhotoLine, RELATIONSHIPS, RelationshipLine,
    THUMBNAILS, embeddings_file,
};
use crate::atomic_file::write_atomically;
use crate::domain::{Fingerprint, Progress, Relationship};
use crate::gallery::embedded::Gallery;
use crate::gallery::embedded::store::StoreError;
use crate::gallery::error::GalleryError;
use crate::gallery::photo::StoredPhoto;

impl Gallery {
    /// Writes all records into an archive, atomically. Returns `None` if `progress` is cancelled.
    ///
    /// # Errors
    /// - [`GalleryError::Store`] if the store fails or is damaged.
    /// - [`GalleryError::Archive`] if the file cannot be written.
    pub fn export(
        &self,
        file: &Path,
        progress: &dyn Progress,
    ) -> Result<Option<ArchiveSummary>, GalleryError> {
        // No other thread changes records meanwhile.
        let _writer = self.writer();
        let photos = self.store.photos()?;
        let pairs = self.store.relationships()?;
        let steps = photos.len() * self.space.dimensions.len();
        progress.begin("Exporting", steps as u64, "embeddings");
        // Why the writing ended, if the file was not the reason.
        let mut ended = None;
        let written = write_atomically(file, |unfinished| {
            let zip = ZipWriter::new(BufWriter::new(File::create(unfinished)?));
            let mut archive = ArchiveWriter { zip, sha256: BTreeMap::new() };
            match self.write_all(&photos, &pairs, &mut archive, progress) {
                Ok(()) => {}
                Err(ExportInterruption::Io(error)) => return Err(error),
                Err(other) => {
                    ended = Some(other);
                    return Err(io::ErrorKind::Interrupted.into());
                }
            }
            archive.zip.finish()?.flush()
        });
        match (ended, written) {
            (Some(ExportInterruption::Stopped), _) => Ok(None),
            (Some(ExportInterruption::Store(error)), _) => Err(error.into()),
            (_, Err(source)) => Err(GalleryError::Archive { path: file.to_owned(), source }),
            (_, Ok(())) => {
                Ok(Some(ArchiveSummary { photos: photos.len(), relationships: pairs.len() }))
            }
        }
    }

    fn write_all(
        &self,
        photos: &[StoredPhoto],
        pairs: &[Relationship],
        archive: &mut ArchiveWriter<impl Write + Seek>,
        progress: &dyn Progress,
    ) -> Result<(), ExportInterruption> {
        archive.add(PHOTOS, |to| {
            for StoredPhoto { id, content_hash, ordinal } in photos {
                let photo = id.to_string();
                let sha256 = Fingerprint(content_hash.0).to_string();
                let thumbnail = self.store.thumbnail(*ordinal)?.map(|picture| picture.len());
                write_line(to, &PhotoLine { photo, sha256, thumbnail })?;
            }
            Ok(())
        })?;
        archive.add(THUMBNAILS, |to| {
            for photo in photos {
                to.write_all(&self.store.thumbnail(photo.ordinal)?.unwrap_or_default())?;
            }
            Ok(())
        })?;
        archive.add(RELATIONSHIPS, |to| {
            for pair in pairs {
                let people = pair.people().map(|person| person.to_string());
                let relation = pair.relation().map(|relation| relation.code().to_owned());
                write_line(to, &RelationshipLine { people, relation })?;
            }
            Ok(())
        })?;
        for (backbone, &width) in self.space.dimensions.iter().enumerate() {
            archive.add(&embeddings_file(backbone), |to| {
                for photo in photos {
                    if progress.cancelled() {
                        return Err(ExportInterruption::Stopped);
                    }
                    let values = self.store.embedding(photo.ordinal, backbone as u8, width)?;
                    let bytes = values.iter().flat_map(|value| value.to_le_bytes());
                    to.write_all(&bytes.collect::<Vec<u8>>())?;
                    progress.advance(1);
                }
                Ok(())
            })?;
        }
        let contents = Contents {
            format: FORMAT,
            fingerprint: self.space.fingerprint.to_string(),
            dimensions: self.space.dimensions.clone(),
            bundle: self.bundle.to_string_lossy().into_owned(),
            photos: photos.len(),
            relationships: pairs.len(),
            sha256: std::mem::take(&mut archive.sha256),
        };
        archive.add(CONTENTS, |to| write_line(to, &contents))
    }
}

/// Why an archive is incomplete.
enum ExportInterruption {
    Stopped,
    Store(StoreError),
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

impl From<StoreError> for ExportInterruption {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
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

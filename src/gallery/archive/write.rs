//! Exports a gallery into an archive.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;

use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{
    Archived, CONTENTS, Contents, FORMAT, PHOTOS, PhotoLine, RELATIONSHIPS, RelationshipLine,
    THUMBNAILS, embeddings_file,
};
use crate::atomic_file::write_atomically;
use crate::domain::{Fingerprint, Progress, Relationship};
use crate::gallery::GalleryError;
use crate::gallery::embedded::Gallery;
use crate::gallery::embedded::store::Photo;
use crate::gallery::embedded::store::StoreError;

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
    ) -> Result<Option<Archived>, GalleryError> {
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
            let mut archive = Archive { zip, sha256: BTreeMap::new() };
            match self.write_all(&photos, &pairs, &mut archive, progress) {
                Ok(()) => {}
                Err(Ended::Io(error)) => return Err(error),
                Err(other) => {
                    ended = Some(other);
                    return Err(io::ErrorKind::Interrupted.into());
                }
            }
            archive.zip.finish()?.flush()
        });
        match (ended, written) {
            (Some(Ended::Stopped), _) => Ok(None),
            (Some(Ended::Store(error)), _) => Err(error.into()),
            (_, Err(source)) => Err(GalleryError::Archive { path: file.to_owned(), source }),
            (_, Ok(())) => Ok(Some(Archived { photos: photos.len(), relationships: pairs.len() })),
        }
    }

    fn write_all(
        &self,
        photos: &[Photo],
        pairs: &[Relationship],
        archive: &mut Archive<impl Write + Seek>,
        progress: &dyn Progress,
    ) -> Result<(), Ended> {
        archive.add(PHOTOS, |to| {
            for Photo { id, content_hash, ordinal } in photos {
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
                        return Err(Ended::Stopped);
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
enum Ended {
    Stopped,
    Store(StoreError),
    Io(io::Error),
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<zip::result::ZipError> for Ended {
    fn from(error: zip::result::ZipError) -> Self {
        Self::Io(error.into())
    }
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn write_line(to: &mut impl Write, line: &impl serde::Serialize) -> Result<(), Ended> {
    serde_json::to_writer(&mut *to, line).map_err(io::Error::from)?;
    Ok(to.write_all(b"\n")?)
}

/// An archive being written, and the checksums of its entries.
struct Archive<W: Write + Seek> {
    zip: ZipWriter<W>,
    sha256: BTreeMap<String, String>,
}

impl<W: Write + Seek> Archive<W> {
    fn add(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut Hashed<'_, ZipWriter<W>>) -> Result<(), Ended>,
    ) -> Result<(), Ended> {
        // Embeddings do not compress, and may exceed 4 GiB.
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        self.zip.start_file(name, stored.large_file(true))?;
        let mut hashed = Hashed { to: &mut self.zip, sha256: Sha256::new() };
        write(&mut hashed)?;
        let sha256 = Fingerprint(hashed.sha256.finalize().into()).to_string();
        self.sha256.insert(name.to_owned(), sha256);
        Ok(())
    }
}

/// A writer that hashes its bytes.
struct Hashed<'a, W> {
    to: &'a mut W,
    sha256: Sha256,
}

impl<W: Write> Write for Hashed<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

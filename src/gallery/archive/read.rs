//! Reads the entries of an archive.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use sha2::{Digest, Sha256};
use zip::ZipArchive;
use zip::result::ZipError;

use super::format::{
    CONTENTS, Contents, FORMAT, PHOTOS, PhotoLine, RELATIONSHIPS, RelationshipLine, THUMBNAILS,
    embeddings_file,
};
use crate::domain::{
    ContentHash, EmbeddedFace, EmbeddedPhoto, Embedding, EmbeddingSpace, Fingerprint, PhotoId,
    Relationship,
};
use crate::gallery::error::GalleryError;
use crate::gallery::photo::NewPhoto;

/// Photos per write.
const BATCH: usize = 512;

/// Maximum accepted number of backbones of an archive, and maximum embedding width.
const MAX_BACKBONES: usize = 64;
const MAX_WIDTH: usize = 1 << 16;
/// Maximum accepted thumbnail length, in bytes.
const MAX_THUMBNAIL_BYTES: usize = 1 << 20;

type Zip = ZipArchive<BufReader<File>>;

/// A photo without its embeddings.
pub(super) struct ArchivedPhoto {
    id: PhotoId,
    content_hash: ContentHash,
    /// Length of its thumbnail, in bytes.
    thumbnail: Option<usize>,
}

/// An archive on disk.
pub(super) struct ArchiveReader<'a> {
    pub(super) path: &'a Path,
}

impl ArchiveReader<'_> {
    fn open(&self) -> Result<Zip, GalleryError> {
        let file = File::open(self.path).map_err(|source| self.unreadable(source))?;
        ZipArchive::new(BufReader::new(file)).map_err(|error| self.bad_zip(error))
    }

    pub(super) fn contents(&self) -> Result<Contents, GalleryError> {
        let mut zip = self.open()?;
        let entry = zip.by_name(CONTENTS).map_err(|error| self.bad_zip(error))?;
        let contents: Contents = serde_json::from_reader(entry)
            .map_err(|_| self.bad(format!("{CONTENTS} cannot be understood")))?;
        if !(1..=FORMAT).contains(&contents.format) {
            let reason = format!(
                "it has the format {}, this program knows up to {FORMAT}; \
                 is it of a newer version?",
                contents.format
            );
            return Err(self.bad(reason));
        }
        let widths = &contents.dimensions;
        if !(1..=MAX_BACKBONES).contains(&widths.len())
            || !widths.iter().all(|width| (1..=MAX_WIDTH).contains(width))
        {
            return Err(self.bad("its dimensions are none of embeddings".into()));
        }
        Ok(contents)
    }

    pub(super) fn space(&self, contents: &Contents) -> Result<EmbeddingSpace, GalleryError> {
        let fingerprint = contents.fingerprint.parse();
        let fingerprint = fingerprint.map_err(|_| self.bad("its fingerprint is none".into()))?;
        Ok(EmbeddingSpace { fingerprint, dimensions: contents.dimensions.clone() })
    }

    /// Verifies the checksum of a file.
    pub(super) fn check(&self, name: &str, contents: &Contents) -> Result<(), GalleryError> {
        let mut zip = self.open()?;
        let mut entry = zip.by_name(name).map_err(|error| self.bad_zip(error))?;
        let mut sha256 = Sha256::new();
        let mut bytes = vec![0; 1 << 16];
        loop {
            match entry.read(&mut bytes).map_err(|error| self.broken(&error))? {
                0 => break,
                read => sha256.update(&bytes[..read]),
            }
        }
        let found = Fingerprint(sha256.finalize().into()).to_string();
        if contents.sha256.get(name) != Some(&found) {
            return Err(self.bad(format!("{name} does not match its checksum")));
        }
        Ok(())
    }

    pub(super) fn photos(&self, count: usize) -> Result<Vec<ArchivedPhoto>, GalleryError> {
        self.lines(PHOTOS, count, |line| {
            let PhotoLine { photo, sha256, thumbnail } = serde_json::from_str(line).ok()?;
            let Fingerprint(hash) = sha256.parse().ok()?;
            let content_hash = ContentHash(hash);
            let is_plausible = thumbnail.is_none_or(|bytes| bytes <= MAX_THUMBNAIL_BYTES);
            is_plausible.then_some(())?;
            Some(ArchivedPhoto { id: photo.parse().ok()?, content_hash, thumbnail })
        })
    }

    pub(super) fn relationships(&self, count: usize) -> Result<Vec<Relationship>, GalleryError> {
        self.lines(RELATIONSHIPS, count, |line| {
            let RelationshipLine { people: [first, second], relation } =
                serde_json::from_str(line).ok()?;
            let relation = relation.map(|code| code.parse()).transpose().ok()?;
            Relationship::new(first.parse().ok()?, second.parse().ok()?, relation).ok()
        })
    }

    fn lines<T>(
        &self,
        name: &str,
        count: usize,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, GalleryError> {
        let mut zip = self.open()?;
        let entry = zip.by_name(name).map_err(|error| self.bad_zip(error))?;
        let mut found = Vec::new();
        for line in BufReader::new(entry).lines() {
            let line = line.map_err(|error| self.broken(&error))?;
            let parsed = parse(&line);
            let number = found.len() + 1;
            found.push(
                parsed.ok_or_else(|| self.bad(format!("line {number} of {name} is unreadable")))?,
            );
        }
        if found.len() != count {
            return Err(self.bad(format!("{name} has {} of {count} lines", found.len())));
        }
        Ok(found)
    }

    /// Reads the photos' embeddings, and calls `take` with each batch until it refuses more.
    ///
    /// Returns whether all were taken.
    pub(super) fn embeddings(
        &self,
        widths: &[usize],
        photos: Vec<ArchivedPhoto>,
        mut take: impl FnMut(Vec<NewPhoto>) -> Result<bool, GalleryError>,
    ) -> Result<bool, GalleryError> {
        let mut zips = widths.iter().map(|_| self.open()).collect::<Result<Vec<_>, _>>()?;
        let mut files = Vec::new();
        for (backbone, zip) in zips.iter_mut().enumerate() {
            let entry = zip.by_name(&embeddings_file(backbone));
            files.push(BufReader::new(entry.map_err(|error| self.bad_zip(error))?));
        }
        let mut pictures = self.open()?;
        let has_pictures = photos.iter().any(|photo| photo.thumbnail.is_some());
        let pictures = has_pictures.then(|| pictures.by_name(THUMBNAILS)).transpose();
        let mut pictures = pictures.map_err(|error| self.bad_zip(error))?;
        let mut photos = photos.into_iter().peekable();
        while photos.peek().is_some() {
            let mut batch = Vec::with_capacity(BATCH);
            for photo in photos.by_ref().take(BATCH) {
                let ArchivedPhoto { id, content_hash, thumbnail } = photo;
                let thumbnail = match (thumbnail, &mut pictures) {
                    (Some(bytes), Some(pictures)) => {
                        let mut picture = vec![0; bytes];
                        pictures.read_exact(&mut picture).map_err(|error| self.broken(&error))?;
                        Some(picture)
                    }
                    _ => None,
                };
                let read = files.iter_mut().zip(widths).map(|(file, &width)| {
                    let mut bytes = vec![0; 4 * width];
                    file.read_exact(&mut bytes).map_err(|error| self.broken(&error))?;
                    let values = bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b));
                    Embedding::from_unit(values.collect()).map_err(|e| self.bad(e.to_string()))
                });
                let embeddings = read.collect::<Result<_, _>>()?;
                let faces = vec![EmbeddedFace { embeddings }];
                let photo = EmbeddedPhoto { content_hash, thumbnail, faces };
                batch.push(NewPhoto { id, photo });
            }
            if !take(batch)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn bad(&self, reason: String) -> GalleryError {
        GalleryError::BadArchive { path: self.path.to_owned(), reason }
    }

    fn broken(&self, error: &io::Error) -> GalleryError {
        self.bad(error.to_string())
    }

    fn bad_zip(&self, error: ZipError) -> GalleryError {
        self.bad(error.to_string())
    }

    fn unreadable(&self, source: io::Error) -> GalleryError {
        GalleryError::Archive { path: self.path.to_owned(), source }
    }
}

//! Pipeline of reading, decoding and embedding: the next batch is decoded while the current one is
//! embedded.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::IngestError;
use crate::bundle::{Bundle, BundleError, Face};
use crate::dataset::{MisplacedPhoto, Source, UnreadableEntry};
use crate::domain::{ContentHash, Embedding, Progress};
use crate::photo::{self, Limits};

/// Photos per batch.
const BATCH: usize = 16;
/// Maximum decoded batches in the queue.
const BATCHES_AHEAD: usize = 2;

/// A photo to embed. The key is the job's own.
pub(super) struct Item<K> {
    pub(super) key: K,
    pub(super) path: String,
}

/// A photo with its embeddings.
pub(super) struct Embedded<K> {
    pub(super) key: K,
    pub(super) path: String,
    pub(super) content_hash: ContentHash,
    /// One embedding per backbone.
    pub(super) embeddings: Vec<Embedding>,
    /// Its thumbnail, if requested.
    pub(super) thumbnail: Option<Vec<u8>>,
}

/// A photo that was left out, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Path in the collection.
    pub path: String,
    /// The reason, as text.
    pub reason: String,
}

/// Result of a run.
#[derive(Default)]
pub(super) struct End {
    pub(super) known: usize,
    pub(super) rejected: Vec<Rejected>,
    pub(super) cancelled: bool,
}

pub(super) struct Pipeline<'a> {
    pub(super) source: &'a mut Source,
    pub(super) bundle: &'a Bundle,
    pub(super) progress: &'a dyn Progress,
    /// Whether to create thumbnails.
    pub(super) thumbnails: bool,
}

/// Data of a photo before it is embedded.
struct Read<K> {
    item: Item<K>,
    content_hash: ContentHash,
    thumbnail: Option<Vec<u8>>,
}

/// A photo read and decoded, or the reason why there is nothing to embed.
enum Decoded<K> {
    Face { photo: Read<K>, face: Face },
    Known,
    Rejected(Rejected),
}

impl Pipeline<'_> {
    /// Embeds `items` in order, and passes each batch to `take`.
    ///
    /// Stops between batches if `progress` is cancelled. Photos for which `is_known` is true are
    /// only counted.
    pub(super) fn run<K: Send>(
        self,
        items: Vec<Item<K>>,
        is_known: impl Fn(&K, ContentHash) -> Result<bool, IngestError> + Send + Sync,
        take: impl FnMut(Vec<Embedded<K>>) -> Result<(), IngestError>,
    ) -> Result<End, IngestError> {
        let Self { source, bundle, progress, thumbnails } = self;
        progress.begin("Embedding", items.len() as u64, "photos");
        thread::scope(|scope| {
            // The receiver is dropped when this closure returns. That ends the reader at its next
            // batch.
            let (sender, batches) = sync_channel(BATCHES_AHEAD);
            let reader = BatchReader { source, bundle, thumbnails, is_known };
            scope.spawn(move || reader.run(items, &sender));
            embed_batches(bundle, progress, batches, take)
        })
    }
}

/// Reads and decodes photos, batch by batch.
struct BatchReader<'a, F> {
    source: &'a mut Source,
    bundle: &'a Bundle,
    /// Whether to create thumbnails.
    thumbnails: bool,
    /// Returns whether a photo is only counted.
    is_known: F,
}

impl<F> BatchReader<'_, F> {
    /// Sends the batches of `items` in order. Stops early if the receiver is dropped.
    fn run<K: Send>(
        self,
        items: Vec<Item<K>>,
        batches: &SyncSender<Result<Vec<Decoded<K>>, IngestError>>,
    ) where
        F: Fn(&K, ContentHash) -> Result<bool, IngestError> + Sync,
    {
        let Self { source, bundle, thumbnails, is_known } = self;
        let limits = Limits::default();
        let mut items = items.into_iter().peekable();
        while items.peek().is_some() {
            let read = |item: Item<K>| {
                let bytes = source.read(&item.path, limits.max_file_bytes);
                (item, bytes)
            };
            let batch: Vec<_> = items.by_ref().take(BATCH).map(read).collect();
            let decode = |(item, bytes): (Item<K>, std::io::Result<Vec<u8>>)| {
                let reject = |reason: String| {
                    Decoded::Rejected(Rejected { path: item.path.clone(), reason })
                };
                let bytes = match bytes {
                    Ok(bytes) => bytes,
                    Err(error) => return Ok(reject(format!("cannot be read: {error}"))),
                };
                let content_hash = ContentHash(Sha256::digest(&bytes).into());
                if is_known(&item.key, content_hash)? {
                    return Ok(Decoded::Known);
                }
                let photo = match photo::decode(&bytes, &limits) {
                    Ok(photo) => photo,
                    Err(error) => return Ok(reject(error.to_string())),
                };
                match bundle.prepare(&photo) {
                    Ok(face) => {
                        let landmarks = face.found.as_ref().map(|found| &found.landmarks);
                        let thumbnail = thumbnails.then(|| photo::thumbnail(&photo, landmarks));
                        Ok(Decoded::Face { photo: Read { item, content_hash, thumbnail }, face })
                    }
                    Err(error @ BundleError::NoFace { .. }) => Ok(reject(error.to_string())),
                    Err(error) => Err(error.into()),
                }
            };
            if batches.send(batch.into_par_iter().map(decode).collect()).is_err() {
                return;
            }
        }
    }
}

fn embed_batches<K>(
    bundle: &Bundle,
    progress: &dyn Progress,
    batches: Receiver<Result<Vec<Decoded<K>>, IngestError>>,
    mut take: impl FnMut(Vec<Embedded<K>>) -> Result<(), IngestError>,
) -> Result<End, IngestError> {
    let mut end = End::default();
    for batch in batches {
        if progress.cancelled() {
            end.cancelled = true;
            break;
        }
        let batch = batch?;
        let size = batch.len() as u64;
        let mut photos = Vec::new();
        let mut faces = Vec::new();
        for decoded in batch {
            match decoded {
                Decoded::Known => end.known += 1,
                Decoded::Rejected(rejected) => end.rejected.push(rejected),
                Decoded::Face { photo, face } => {
                    photos.push(photo);
                    faces.push(face);
                }
            }
        }
        if !faces.is_empty() {
            take(embed(bundle, photos, &faces, &mut end.rejected)?)?;
        }
        progress.advance(size);
    }
    Ok(end)
}

fn embed<K>(
    bundle: &Bundle,
    photos: Vec<Read<K>>,
    faces: &[Face],
    rejected: &mut Vec<Rejected>,
) -> Result<Vec<Embedded<K>>, IngestError> {
    let mut embedded = Vec::with_capacity(faces.len());
    for (photo, result) in photos.into_iter().zip(bundle.embed(faces)?) {
        let Read { item: Item { key, path }, content_hash, thumbnail } = photo;
        match result {
            Ok(embeddings) => {
                embedded.push(Embedded { key, path, content_hash, embeddings, thumbnail });
            }
            Err(error) => rejected.push(Rejected { path, reason: error.to_string() }),
        }
    }
    Ok(embedded)
}

impl From<UnreadableEntry> for Rejected {
    fn from(UnreadableEntry { path, reason }: UnreadableEntry) -> Self {
        Self { path, reason: format!("cannot be listed: {reason}") }
    }
}

impl From<MisplacedPhoto> for Rejected {
    fn from(MisplacedPhoto { path, reason }: MisplacedPhoto) -> Self {
        Self { path, reason }
    }
}

//! Batches of photos: the next batch is prepared while the current one is embedded.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::{io, thread};

use rayon::prelude::*;

use super::IngestError;
use super::rejected::Rejected;
use crate::bundle::Bundle;
use crate::dataset::Source;
use crate::domain::{ContentHash, EmbeddedPhoto, Progress};
use crate::photo::Limits;
use crate::pipeline::{self, PhotoFile, PipelineError, PreparedPhoto, Thumbnails, prepare};

/// Photos per batch.
const BATCH: usize = 16;
/// Maximum prepared batches in the queue.
const BATCHES_AHEAD: usize = 2;

/// A photo to embed. The key is the job's own.
pub(super) struct Item<K> {
    pub(super) key: K,
    pub(super) path: String,
}

/// An item with its embeddings.
pub(super) struct EmbeddedItem<K> {
    pub(super) key: K,
    pub(super) path: String,
    pub(super) photo: EmbeddedPhoto,
}

/// Photos without an embedding, after a run.
#[derive(Default)]
pub(super) struct Skipped {
    /// Number of photos that were known.
    pub(super) known: usize,
    pub(super) rejected: Vec<Rejected>,
    /// Whether the run was cancelled.
    pub(super) cancelled: bool,
}

/// Photos of a source, embedded by a bundle.
pub(super) struct Batches<'a> {
    pub(super) source: &'a mut Source,
    pub(super) bundle: &'a Bundle,
    pub(super) progress: &'a dyn Progress,
    pub(super) thumbnails: Thumbnails,
}

/// An item of which the photo was prepared, or the reason why there is nothing to embed.
enum PreparedItem<K> {
    Photo { item: Item<K>, photo: PreparedPhoto },
    Known,
    Rejected(Rejected),
}

type PreparedBatch<K> = Result<Vec<PreparedItem<K>>, IngestError>;

impl Batches<'_> {
    /// Embeds `items` in order, and passes each batch to `store`.
    ///
    /// Stops between batches if `progress` is cancelled. Photos for which `is_known` is true are
    /// only counted.
    pub(super) fn run<K: Send>(
        self,
        items: Vec<Item<K>>,
        is_known: impl Fn(&K, ContentHash) -> Result<bool, IngestError> + Send + Sync,
        store: impl FnMut(Vec<EmbeddedItem<K>>) -> Result<(), IngestError>,
    ) -> Result<Skipped, IngestError> {
        let Self { source, bundle, progress, thumbnails } = self;
        progress.begin("Embedding", items.len() as u64, "photos");
        thread::scope(|scope| {
            // The receiver is dropped when this closure returns. That ends the reader at its next
            // batch.
            let (sender, batches) = sync_channel(BATCHES_AHEAD);
            let reader = BatchReader { source, bundle, thumbnails, is_known };
            scope.spawn(move || reader.run(items, &sender));
            embed_batches(bundle, progress, batches, store)
        })
    }
}

/// Reads and prepares photos, batch by batch.
struct BatchReader<'a, F> {
    source: &'a mut Source,
    bundle: &'a Bundle,
    thumbnails: Thumbnails,
    /// Returns whether a photo is only counted.
    is_known: F,
}

impl<F> BatchReader<'_, F> {
    /// Sends the batches of `items` in order. Stops early if the receiver is dropped.
    fn run<K: Send>(mut self, items: Vec<Item<K>>, batches: &SyncSender<PreparedBatch<K>>)
    where
        F: Fn(&K, ContentHash) -> Result<bool, IngestError> + Sync,
    {
        let mut items = items.into_iter().peekable();
        while items.peek().is_some() {
            let files = self.read(items.by_ref().take(BATCH));
            let prepared = files.into_par_iter().map(|(item, bytes)| self.prepare(item, bytes));
            if batches.send(prepared.collect()).is_err() {
                return;
            }
        }
    }

    fn read<K>(
        &mut self,
        items: impl Iterator<Item = Item<K>>,
    ) -> Vec<(Item<K>, io::Result<Vec<u8>>)> {
        let max_bytes = Limits::default().max_file_bytes;
        let mut files = Vec::new();
        for item in items {
            let bytes = self.source.read(&item.path, max_bytes);
            files.push((item, bytes));
        }
        files
    }

    fn prepare<K>(
        &self,
        item: Item<K>,
        bytes: io::Result<Vec<u8>>,
    ) -> Result<PreparedItem<K>, IngestError>
    where
        F: Fn(&K, ContentHash) -> Result<bool, IngestError>,
    {
        let file = match bytes {
            Ok(bytes) => PhotoFile::new(item.path.clone(), bytes),
            Err(error) => return Ok(rejected(item, pipeline::Rejection::from(error))),
        };
        if (self.is_known)(&item.key, file.content_hash)? {
            return Ok(PreparedItem::Known);
        }
        let prepared = prepare(self.bundle, &file, self.thumbnails);
        match prepared.and_then(PreparedPhoto::with_face) {
            Ok(photo) => Ok(PreparedItem::Photo { item, photo }),
            Err(PipelineError::Rejected(reason)) => Ok(rejected(item, reason)),
            Err(PipelineError::Bundle(error)) => Err(error.into()),
        }
    }
}

fn rejected<K>(item: Item<K>, reason: pipeline::Rejection) -> PreparedItem<K> {
    PreparedItem::Rejected(Rejected { path: item.path, reason: reason.to_string() })
}

fn embed_batches<K>(
    bundle: &Bundle,
    progress: &dyn Progress,
    batches: Receiver<PreparedBatch<K>>,
    mut store: impl FnMut(Vec<EmbeddedItem<K>>) -> Result<(), IngestError>,
) -> Result<Skipped, IngestError> {
    let mut skipped = Skipped::default();
    for batch in batches {
        if progress.cancelled() {
            skipped.cancelled = true;
            break;
        }
        let batch = batch?;
        let size = batch.len() as u64;
        let mut items = Vec::new();
        let mut photos = Vec::new();
        for prepared in batch {
            match prepared {
                PreparedItem::Known => skipped.known += 1,
                PreparedItem::Rejected(rejected) => skipped.rejected.push(rejected),
                PreparedItem::Photo { item, photo } => {
                    items.push(item);
                    photos.push(photo);
                }
            }
        }
        if !photos.is_empty() {
            store(embed(bundle, items, photos, &mut skipped.rejected)?)?;
        }
        progress.advance(size);
    }
    Ok(skipped)
}

fn embed<K>(
    bundle: &Bundle,
    items: Vec<Item<K>>,
    photos: Vec<PreparedPhoto>,
    rejected: &mut Vec<Rejected>,
) -> Result<Vec<EmbeddedItem<K>>, IngestError> {
    let mut embedded = Vec::with_capacity(photos.len());
    for (item, photo) in items.into_iter().zip(pipeline::embed(bundle, photos)?) {
        let Item { key, path } = item;
        match photo {
            Ok(photo) => embedded.push(EmbeddedItem { key, path, photo }),
            Err(reason) => rejected.push(Rejected { path, reason: reason.to_string() }),
        }
    }
    Ok(embedded)
}

//! Search graphs, derived from the embeddings.

use std::collections::BTreeSet;

use super::error::StoreError;
use super::guard::guarded;
use super::records::{SegmentEntry, SegmentRecord};
use super::trees::Store;
use super::{codec, keys};

/// The name of a stored segment. It is never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::gallery) struct Stamp(u64);

impl Store {
    /// Returns the segments, in the order of their storage.
    ///
    /// # Errors
    /// - [`StoreError::Database`] if reading fails.
    /// - [`StoreError::DamagedGraph`] if a segment is damaged.
    pub(in crate::gallery) fn segments(&self) -> Result<Vec<(Stamp, SegmentRecord)>, StoreError> {
        let read = |entry: SegmentEntry| Ok((Stamp(entry.stamp), self.segment(entry)?));
        guarded(|| self.segment_entries()?.into_iter().map(read).collect())
    }

    /// Stores a segment, then deletes the segments that it replaces, if any.
    ///
    /// # Errors
    /// [`StoreError::Database`] if writing fails. Then the others stay.
    pub(in crate::gallery) fn put_segment(
        &self,
        segment: &SegmentRecord,
        replaced: &[Stamp],
    ) -> Result<Stamp, StoreError> {
        let bytes = codec::encode(segment)?;
        guarded(|| self.put_new_segment(&bytes, replaced))
    }

    fn put_new_segment(&self, bytes: &[u8], replaced: &[Stamp]) -> Result<Stamp, StoreError> {
        let last = self.segments.last()?.and_then(|(key, _)| key.first_chunk().copied());
        let stamp = last.map_or(0, |last| u64::from_be_bytes(last) + 1);
        let mut chunks = 0;
        for bytes in bytes.chunks(keys::CHUNK_BYTES) {
            self.segments.insert(keys::segment_chunk(stamp, chunks), codec::seal(bytes))?;
            chunks += 1;
        }
        self.flush()?;
        let mut entries = self.segment_entries()?;
        entries.retain(|entry| !replaced.contains(&Stamp(entry.stamp)));
        entries.push(SegmentEntry { stamp, chunks });
        self.put_segment_entries(&entries)?;
        Ok(Stamp(stamp))
    }

    /// Deletes some segments.
    ///
    /// # Errors
    /// [`StoreError::Database`] if writing fails.
    pub(in crate::gallery) fn delete_segments(&self, deleted: &[Stamp]) -> Result<(), StoreError> {
        guarded(|| {
            let mut entries = self.segment_entries()?;
            entries.retain(|entry| !deleted.contains(&Stamp(entry.stamp)));
            self.put_segment_entries(&entries)
        })
    }

    /// Deletes all segments, including damaged ones.
    pub(super) fn clear_segments(&self) -> Result<(), StoreError> {
        guarded(|| self.put_segment_entries(&[]))
    }

    /// The error of a segment with invalid links.
    pub(in crate::gallery) fn damaged_graph(&self) -> StoreError {
        StoreError::DamagedGraph { path: self.path.clone() }
    }

    fn segment(
        &self,
        SegmentEntry { stamp, chunks }: SegmentEntry,
    ) -> Result<SegmentRecord, StoreError> {
        let damaged = |_| self.damaged_graph();
        let mut bytes = Vec::new();
        for chunk in 0..chunks {
            let chunk = self.segments.get(keys::segment_chunk(stamp, chunk))?.unwrap_or_default();
            bytes.extend_from_slice(codec::unseal(&chunk, "").map_err(damaged)?);
        }
        codec::decode(&bytes, "").map_err(damaged)
    }

    fn segment_entries(&self) -> Result<Vec<SegmentEntry>, StoreError> {
        let Some(bytes) = self.meta.get(keys::SEGMENTS)? else { return Ok(Vec::new()) };
        let damaged = |_| self.damaged_graph();
        codec::decode(&bytes, "").map_err(damaged)
    }

    /// Stores the list of segments, and deletes the data of all others.
    fn put_segment_entries(&self, entries: &[SegmentEntry]) -> Result<(), StoreError> {
        self.meta.insert(keys::SEGMENTS, codec::encode(&entries.to_vec())?)?;
        self.flush()?;
        let stamps: BTreeSet<[u8; 8]> =
            entries.iter().map(|entry| entry.stamp.to_be_bytes()).collect();
        for key in self.segments.iter().keys() {
            let key = key?;
            if !key.first_chunk().is_some_and(|stamp| stamps.contains(stamp)) {
                self.segments.remove(key)?;
            }
        }
        self.flush()
    }
}

//! Writes and deletes photos within a transaction.

use sled::transaction::TransactionalTree;

use super::records::PhotoRecord;
use super::trees::{InTransaction, abort};
use super::{codec, keys};
use crate::domain::PhotoId;
use crate::gallery::deleted::Deleted;
use crate::gallery::photo::NewPhoto;

/// The trees with the data of photos, within a transaction.
pub(super) struct PhotoTrees<'a> {
    pub(super) records: &'a TransactionalTree,
    pub(super) embeddings: &'a TransactionalTree,
    pub(super) thumbnails: &'a TransactionalTree,
}

impl PhotoTrees<'_> {
    /// Stores a photo with one face. The schema has no room for further faces.
    pub(super) fn put(&self, NewPhoto { id, photo }: &NewPhoto, ordinal: u64) -> InTransaction<()> {
        let record = PhotoRecord { ordinal, content_hash: photo.content_hash.0 };
        let key = id.to_string();
        self.records.insert(key.as_bytes(), codec::encode(&record).map_err(abort)?)?;
        let embeddings = photo.faces.iter().flat_map(|face| &face.embeddings);
        for (backbone, embedding) in (0..).zip(embeddings) {
            let parts = embedding.as_slice().chunks(keys::FLOATS_PER_PART);
            for (part, values) in (0..).zip(parts) {
                let key = keys::embedding(ordinal, backbone, part);
                self.embeddings.insert(&key, codec::encode_floats(values))?;
            }
        }
        let thumbnail = photo.thumbnail.as_deref().unwrap_or_default();
        for (part, bytes) in (0..).zip(thumbnail.chunks(keys::CHUNK_BYTES)) {
            self.thumbnails.insert(&keys::thumbnail(ordinal, part), codec::seal(bytes))?;
        }
        Ok(())
    }

    /// Deletes a photo with all its data, if it is stored.
    pub(super) fn delete(&self, id: &PhotoId) -> InTransaction<Deleted> {
        let mut deleted = Deleted::default();
        let Some(record) = self.records.remove(id.to_string().as_bytes())? else {
            return Ok(deleted);
        };
        let PhotoRecord { ordinal, .. } =
            codec::decode(&record, "a photo record").map_err(abort)?;
        deleted.photos = 1;
        for backbone in 0..=u8::MAX {
            let parts =
                delete_parts(self.embeddings, |part| keys::embedding(ordinal, backbone, part))?;
            if parts == 0 {
                break;
            }
            deleted.embeddings += 1;
        }
        let parts = delete_parts(self.thumbnails, |part| keys::thumbnail(ordinal, part))?;
        deleted.thumbnails = usize::from(parts > 0);
        Ok(deleted)
    }
}

/// Deletes parts until there are no more. Returns their number.
///
/// Keys cannot be listed within a transaction, but parts have no gaps.
fn delete_parts<const N: usize>(
    tree: &TransactionalTree,
    key: impl Fn(u8) -> [u8; N],
) -> InTransaction<usize> {
    let mut parts = 0;
    for part in 0..=u8::MAX {
        if tree.remove(key(part).as_slice())?.is_none() {
            break;
        }
        parts += 1;
    }
    Ok(parts)
}

//! Photos and their embeddings.

use std::collections::HashSet;

use sled::transaction::{Transactional, TransactionalTree};

use super::error::StoreError;
use super::guard::guarded;
use super::photo_trees::PhotoTrees;
use super::records::PhotoRecord;
use super::trees::{InTransaction, Store, abort, count};
use super::{codec, keys};
use crate::domain::{ContentHash, EntityId, PhotoId, Relationship};
use crate::gallery::deleted::Deleted;
use crate::gallery::photo::{NewPhoto, StoredPhoto};

impl Store {
    /// Returns the record of one photo, if it is stored.
    ///
    /// # Errors
    /// - [`StoreError::Database`] if reading fails.
    /// - [`StoreError::Corrupt`] if the record is damaged.
    pub(in crate::gallery) fn photo(
        &self,
        id: &PhotoId,
    ) -> Result<Option<StoredPhoto>, StoreError> {
        let bytes = guarded(|| Ok(self.photos.get(id.to_string())?))?;
        bytes.map(|bytes| photo(id.clone(), &bytes)).transpose()
    }

    /// Returns every photo, in the order of the identities' text.
    ///
    /// # Errors
    /// - [`StoreError::Database`] if reading fails.
    /// - [`StoreError::Corrupt`] if a record is damaged.
    pub(in crate::gallery) fn photos(&self) -> Result<Vec<StoredPhoto>, StoreError> {
        let read = |entry: sled::Result<(sled::IVec, sled::IVec)>| {
            let (key, value) = entry?;
            photo(keys::parse_text(&key, "a photo's key")?, &value)
        };
        guarded(|| self.photos.iter().map(read).collect())
    }

    /// Returns the stored photos of a family or a person, or one photo.
    ///
    /// # Errors
    /// - [`StoreError::Database`] if reading fails.
    /// - [`StoreError::Corrupt`] if a key is damaged.
    pub(in crate::gallery) fn photos_of(
        &self,
        entity: &EntityId,
    ) -> Result<Vec<PhotoId>, StoreError> {
        if let EntityId::Photo(id) = entity {
            return Ok(self.photo(id)?.map(|photo| photo.id).into_iter().collect());
        }
        let keys = || self.photos.scan_prefix(format!("{entity}/")).keys();
        guarded(|| keys().map(|key| keys::parse_text(&key?, "a photo's key")).collect())
    }

    /// Returns the embedding of photo `ordinal` by the backbone at index `backbone`, `(dimension)`.
    ///
    /// # Errors
    /// As [`Self::read_embedding`].
    pub(in crate::gallery) fn embedding(
        &self,
        ordinal: u64,
        backbone: u8,
        dimension: usize,
    ) -> Result<Vec<f32>, StoreError> {
        let mut values = vec![0.0; dimension];
        self.read_embedding(ordinal, backbone, &mut values)?;
        Ok(values)
    }

    /// Reads the embedding of photo `ordinal` by the backbone at index `backbone` into `values`,
    /// `(dimension)`.
    ///
    /// # Errors
    /// - [`StoreError::Database`] if reading fails.
    /// - [`StoreError::Corrupt`] if it is missing, damaged or of another dimension.
    pub(in crate::gallery) fn read_embedding(
        &self,
        ordinal: u64,
        backbone: u8,
        values: &mut [f32],
    ) -> Result<(), StoreError> {
        let parts = values.chunks_mut(keys::FLOATS_PER_PART);
        guarded(|| {
            (0..).zip(parts).try_for_each(|(part, values)| {
                let key = keys::embedding(ordinal, backbone, part);
                let bytes = self.embeddings.get(key)?.ok_or_else(missing)?;
                codec::decode_floats(&bytes, values)
            })
        })
    }

    /// Returns the thumbnail of photo `ordinal`, if one is stored.
    ///
    /// # Errors
    /// - [`StoreError::Database`] if reading fails.
    /// - [`StoreError::Corrupt`] if it is damaged.
    pub(in crate::gallery) fn thumbnail(
        &self,
        ordinal: u64,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let mut bytes = Vec::new();
        guarded(|| {
            for part in 0..=u8::MAX {
                let Some(chunk) = self.thumbnails.get(keys::thumbnail(ordinal, part))? else {
                    break;
                };
                bytes.extend_from_slice(codec::unseal(&chunk, THUMBNAIL)?);
            }
            Ok((!bytes.is_empty()).then_some(bytes))
        })
    }

    /// Counts the photos with a thumbnail. Checks every thumbnail.
    ///
    /// # Errors
    /// - [`StoreError::Database`] if reading fails.
    /// - [`StoreError::Corrupt`] if a thumbnail is damaged.
    pub(in crate::gallery) fn thumbnail_count(&self) -> Result<usize, StoreError> {
        guarded(|| {
            let mut count = 0;
            for entry in self.thumbnails.iter() {
                let (key, chunk) = entry?;
                codec::unseal(&chunk, THUMBNAIL)?;
                count += usize::from(key.last() == Some(&0));
            }
            Ok(count)
        })
    }

    /// Returns keys in `tree` without a photo. Only a damaged or badly written store has any.
    fn orphans(&self, tree: &sled::Tree) -> Result<Vec<sled::IVec>, StoreError> {
        let ordinals: HashSet<u64> = self.photos()?.iter().map(|photo| photo.ordinal).collect();
        let orphan = |key: sled::Result<sled::IVec>| {
            let key = key?;
            let ordinal = keys::parse_ordinal(&key)?;
            Ok((!ordinals.contains(&ordinal)).then_some(key))
        };
        guarded(|| tree.iter().keys().map(orphan).filter_map(Result::transpose).collect())
    }

    /// Counts the parts of embeddings and thumbnails without a photo.
    ///
    /// # Errors
    /// - [`StoreError::Database`] if reading fails.
    /// - [`StoreError::Corrupt`] if a record is damaged.
    pub(in crate::gallery) fn orphan_count(&self) -> Result<usize, StoreError> {
        Ok(self.orphans(&self.embeddings)?.len() + self.orphans(&self.thumbnails)?.len())
    }

    pub(super) fn delete_orphans(&self) -> Result<(), StoreError> {
        for tree in [&self.embeddings, &self.thumbnails] {
            let orphans = self.orphans(tree)?;
            guarded(|| {
                for key in orphans {
                    tree.remove(key)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Stores photos with their embeddings, all or none, and returns their ordinals.
    ///
    /// They are on disk when this returns. A photo that is stored already is replaced.
    ///
    /// # Errors
    /// [`StoreError::Database`] if writing fails. Then none of them is stored.
    pub(in crate::gallery) fn put_photos(
        &self,
        photos: &[NewPhoto],
    ) -> Result<Vec<u64>, StoreError> {
        let trees = (&self.meta, &self.photos, &self.embeddings, &self.thumbnails);
        let store = || {
            trees.transaction(|(meta, records, embeddings, thumbnails)| {
                let first = next_ordinal(meta)?;
                let mut new = 0;
                let trees = PhotoTrees { records, embeddings, thumbnails };
                for (ordinal, photo) in (first..).zip(photos) {
                    new += u64::from(trees.delete(&photo.id)?.photos == 0);
                    trees.put(photo, ordinal)?;
                }
                let next = first + photos.len() as u64;
                meta.insert(keys::NEXT_ORDINAL, &next.to_be_bytes())?;
                count(meta, |counts| counts.photos += new).map(|counts| (first, counts))
            })
        };
        let first = self.commit(store)?;
        Ok((first..).take(photos.len()).collect())
    }

    /// Deletes photos with their embeddings, and listed pairs, all or none.
    ///
    /// The deletion is on disk when this returns. Missing ones are skipped.
    ///
    /// # Errors
    /// [`StoreError::Database`] if writing fails. Then none of them is deleted.
    pub(in crate::gallery) fn delete(
        &self,
        photos: &[PhotoId],
        pairs: &[Relationship],
    ) -> Result<Deleted, StoreError> {
        let Self { meta, photos: records, embeddings, thumbnails, relationships, .. } = self;
        let trees = (meta, records, embeddings, thumbnails, relationships);
        let delete = || {
            trees.transaction(|(meta, records, embeddings, thumbnails, relationships)| {
                let mut sum = Deleted::default();
                let trees = PhotoTrees { records, embeddings, thumbnails };
                for photo in photos {
                    let deleted = trees.delete(photo)?;
                    sum.photos += deleted.photos;
                    sum.embeddings += deleted.embeddings;
                    sum.thumbnails += deleted.thumbnails;
                }
                for pair in pairs {
                    let old = relationships.remove(keys::relationship(pair.people()))?;
                    sum.relationships += usize::from(old.is_some());
                }
                let counts = count(meta, |counts| {
                    counts.photos = counts.photos.saturating_sub(sum.photos as u64);
                    counts.relationships =
                        counts.relationships.saturating_sub(sum.relationships as u64);
                });
                counts.map(|counts| (sum, counts))
            })
        };
        self.commit(delete)
    }
}

/// Name of a thumbnail in error messages.
const THUMBNAIL: &str = "a photo's thumbnail";

fn missing() -> StoreError {
    StoreError::Corrupt { what: "an embedding is missing".into() }
}

fn photo(id: PhotoId, record: &[u8]) -> Result<StoredPhoto, StoreError> {
    let PhotoRecord { ordinal, content_hash } = codec::decode(record, "a photo record")?;
    Ok(StoredPhoto { id, content_hash: ContentHash(content_hash), ordinal })
}

fn next_ordinal(meta: &TransactionalTree) -> InTransaction<u64> {
    let Some(bytes) = meta.get(keys::NEXT_ORDINAL)? else { return Ok(0) };
    let Ok(bytes) = bytes.as_ref().try_into() else {
        let what = "the next photo's number is damaged".into();
        return Err(abort(StoreError::Corrupt { what }));
    };
    Ok(u64::from_be_bytes(bytes))
}

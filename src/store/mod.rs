//! A gallery's records on disk, in sled: the truth everything else is derived from.
//!
//! This is the only room that knows sled and bincode. Every value carries a version and a checksum (`codec.rs`), stays
//! within 16 KiB (sled leaks space where larger ones are rewritten), and is written in a transaction that is flushed
//! before the call returns.

mod codec;
mod error;
mod keys;
mod migrate;
mod open;
mod records;

use sled::transaction::{ConflictableTransactionError, TransactionError, Transactional};

pub use error::StoreError;
pub use records::{Graph, GraphLayer, Header, NewPhoto, Photo};

use crate::domain::{PhotoId, Relationship};
use records::PhotoRecord;

/// An open store. One process has it at a time.
pub struct Store {
    db: sled::Db,
    meta: sled::Tree,
    photos: sled::Tree,
    embeddings: sled::Tree,
    relationships: sled::Tree,
    graphs: sled::Tree,
}

type InTransaction<T> = Result<T, ConflictableTransactionError<StoreError>>;

impl Store {
    /// What the gallery was made with.
    ///
    /// # Errors
    /// When it is missing or damaged.
    pub fn header(&self) -> Result<Header, StoreError> {
        let bytes = self.meta.get(keys::HEADER)?;
        let bytes =
            bytes.ok_or(StoreError::Corrupt { what: "the gallery's header is missing".into() })?;
        codec::decode(&bytes, "the gallery's header")
    }

    /// Replaces what is said of what the gallery was made with.
    ///
    /// # Errors
    /// When writing fails.
    pub fn put_header(&self, header: &Header) -> Result<(), StoreError> {
        self.meta.insert(keys::HEADER, codec::encode(header)?)?;
        self.flush()
    }

    /// Number of photos.
    pub fn photo_count(&self) -> usize {
        self.photos.len()
    }

    /// One photo's record, if it is there.
    ///
    /// # Errors
    /// When reading fails or the record is damaged.
    pub fn photo(&self, id: &PhotoId) -> Result<Option<Photo>, StoreError> {
        let bytes = self.photos.get(id.to_string())?;
        bytes
            .map(|bytes| codec::decode(&bytes, "a photo record").map(|r| photo(id.clone(), r)))
            .transpose()
    }

    /// Every photo, in the order of the identities' text.
    ///
    /// # Errors
    /// Each item fails where reading fails or a record is damaged.
    pub fn photos(&self) -> impl Iterator<Item = Result<Photo, StoreError>> {
        self.photos.iter().map(|entry| {
            let (key, value) = entry?;
            let id = keys::parse_text(&key, "a photo's key")?;
            Ok(photo(id, codec::decode(&value, "a photo record")?))
        })
    }

    /// The embedding of photo `ordinal` by the backbone at `backbone`, `(dimension)`.
    ///
    /// # Errors
    /// When reading fails, or it is missing, damaged or of another dimension.
    pub fn embedding(
        &self,
        ordinal: u64,
        backbone: u8,
        dimension: usize,
    ) -> Result<Vec<f32>, StoreError> {
        let mut values = Vec::with_capacity(dimension);
        for part in self.embeddings.scan_prefix(keys::embedding_prefix(ordinal, backbone)) {
            values.extend(codec::decode_floats(&part?.1, "an embedding")?);
        }
        if values.len() != dimension {
            let what = format!("an embedding has {} of {dimension} values", values.len());
            return Err(StoreError::Corrupt { what });
        }
        Ok(values)
    }

    /// Stores photos with their embeddings, all or none, and returns when they are on disk. A photo that is there
    /// already is replaced.
    ///
    /// # Errors
    /// When writing fails; then none of them is stored.
    pub fn put_photos(&self, photos: &[NewPhoto]) -> Result<(), StoreError> {
        let trees = (&self.meta, &self.photos, &self.embeddings);
        let stored = trees.transaction(|(meta, records, embeddings)| {
            let mut next = next_ordinal(meta)?;
            for photo in photos {
                let key = photo.id.to_string();
                if let Some(old) = records.get(&key)? {
                    let old: PhotoRecord = codec::decode(&old, "a photo record").map_err(abort)?;
                    remove_embeddings(embeddings, old.ordinal, photo)?;
                }
                let record = PhotoRecord { ordinal: next, content_hash: photo.content_hash.0 };
                records.insert(key.as_bytes(), codec::encode(&record).map_err(abort)?)?;
                for (backbone, values) in (0..).zip(&photo.embeddings) {
                    for (part, values) in (0..).zip(values.chunks(keys::FLOATS_PER_PART)) {
                        let key = keys::embedding(next, backbone, part);
                        embeddings.insert(&key, codec::encode_floats(values))?;
                    }
                }
                next += 1;
            }
            meta.insert(keys::NEXT_ORDINAL, &next.to_be_bytes())?;
            Ok(())
        });
        stored.map_err(committed)?;
        self.flush()
    }

    /// Lists people as kin, replacing what was known of the same pair.
    ///
    /// # Errors
    /// When writing fails.
    pub fn put_relationships(&self, pairs: &[Relationship]) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        for pair in pairs {
            let code = pair.relation().map(|relation| relation.code().to_owned());
            batch.insert(keys::relationship(pair), codec::encode(&code)?);
        }
        self.relationships.apply_batch(batch)?;
        self.flush()
    }

    /// Every listed pair.
    ///
    /// # Errors
    /// Each item fails where reading fails or a record is damaged.
    pub fn relationships(&self) -> impl Iterator<Item = Result<Relationship, StoreError>> {
        self.relationships.iter().map(|entry| {
            let (key, value) = entry?;
            let code: Option<String> = codec::decode(&value, "a relationship")?;
            keys::parse_relationship(&key, code.as_deref())
        })
    }

    /// Replaces the search graph: the new one is on disk before the old one goes.
    ///
    /// # Errors
    /// When writing fails; then the old one stays.
    pub fn put_graph(&self, graph: &Graph) -> Result<(), StoreError> {
        let stamp = self.db.generate_id()?;
        let bytes = codec::encode(graph)?;
        for (chunk, bytes) in (0..).zip(bytes.chunks(keys::CHUNK_BYTES)) {
            self.graphs.insert(keys::graph_chunk(stamp, chunk), codec::seal(bytes))?;
        }
        self.flush()?;
        self.meta.insert(keys::GRAPH, &stamp.to_be_bytes())?;
        self.flush()?;
        self.remove_graphs_but(stamp)
    }

    /// The search graph, if one was ever built.
    ///
    /// # Errors
    /// When reading fails or it is damaged.
    pub fn graph(&self) -> Result<Option<Graph>, StoreError> {
        let Some(stamp) = self.meta.get(keys::GRAPH)? else { return Ok(None) };
        let mut bytes = Vec::new();
        for chunk in self.graphs.scan_prefix(&stamp) {
            bytes.extend_from_slice(codec::unseal(&chunk?.1, "a chunk of the search graph")?);
        }
        codec::decode(&bytes, "the search graph").map(Some)
    }

    fn remove_graphs_but(&self, stamp: u64) -> Result<(), StoreError> {
        for key in self.graphs.iter().keys() {
            let key = key?;
            if !key.starts_with(&stamp.to_be_bytes()) {
                self.graphs.remove(key)?;
            }
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.db.flush()?;
        Ok(())
    }
}

fn photo(id: PhotoId, record: PhotoRecord) -> Photo {
    let PhotoRecord { ordinal, content_hash } = record;
    Photo { id, ordinal, content_hash: crate::domain::ContentHash(content_hash) }
}

fn next_ordinal(meta: &sled::transaction::TransactionalTree) -> InTransaction<u64> {
    let Some(bytes) = meta.get(keys::NEXT_ORDINAL)? else { return Ok(0) };
    let bytes = bytes.as_ref().try_into();
    let corrupt =
        |_| abort(StoreError::Corrupt { what: "the next photo's number is damaged".into() });
    bytes.map(u64::from_be_bytes).map_err(corrupt)
}

/// Removes the embeddings of a photo that `replacement` takes the place of; both have the same dimensions.
fn remove_embeddings(
    embeddings: &sled::transaction::TransactionalTree,
    ordinal: u64,
    replacement: &NewPhoto,
) -> InTransaction<()> {
    for (backbone, values) in (0..).zip(&replacement.embeddings) {
        for part in 0..values.len().div_ceil(keys::FLOATS_PER_PART) {
            embeddings.remove(&keys::embedding(ordinal, backbone, part as u8))?;
        }
    }
    Ok(())
}

fn abort(error: StoreError) -> ConflictableTransactionError<StoreError> {
    ConflictableTransactionError::Abort(error)
}

fn committed(error: TransactionError<StoreError>) -> StoreError {
    match error {
        TransactionError::Abort(error) => error,
        TransactionError::Storage(error) => error.into(),
    }
}

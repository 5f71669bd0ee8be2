//! The gallery: enrolled photos, kept in a [`store`](crate::store), and what answers "which are nearest".
//!
//! The store is the truth. A search graph over it is built by [`Gallery::build_graph`] and stored beside it, but is
//! derived: photos that the graph does not have yet are compared one by one, and a graph that no longer fits the
//! photos is left aside, so that no answer ever depends on when it was built.

mod dot;
mod error;
mod graph;
mod snapshot;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub use error::GalleryError;
pub use snapshot::{Embeddings, Method, Nearest, Neighbour, Snapshot, StoredPhoto};

use crate::domain::{
    ContentHash, Embedding, EmbeddingSpace, Fingerprint, MemberId, PhotoId, Relationship,
};
use crate::store::{Header, NewPhoto, Store};

/// An open gallery. One process has it at a time.
pub struct Gallery {
    store: Store,
    space: EmbeddingSpace,
    bundle: PathBuf,
}

/// A photo to enrol.
pub struct Enrolment {
    /// Whose photo.
    pub id: PhotoId,
    /// SHA-256 of its file.
    pub content_hash: ContentHash,
    /// One embedding per backbone, in the bundle's order.
    pub embeddings: Vec<Embedding>,
}

impl Gallery {
    /// Opens the gallery at `path` to enrol into, or creates it, for embeddings of `space` made by the bundle in the
    /// folder `bundle`.
    ///
    /// # Errors
    /// When it was made with another bundle, is in use, damaged or of a newer schema, or `path` holds something else.
    pub fn open_or_create(
        path: &Path,
        space: &EmbeddingSpace,
        bundle: &Path,
    ) -> Result<Self, GalleryError> {
        let header = Header {
            fingerprint: space.fingerprint.0,
            dimensions: space.dimensions.iter().map(|&d| d as u32).collect(),
            bundle: bundle.to_string_lossy().into_owned(),
        };
        let store = Store::open_or_create(path, &header)?;
        let gallery = Self::from_store(store)?;
        gallery.check_bundle(space)?;
        if gallery.bundle != bundle {
            gallery.store.put_header(&header)?;
        }
        Ok(gallery)
    }

    /// Opens an existing gallery.
    ///
    /// # Errors
    /// When there is none, or it is in use, damaged or of a newer schema.
    pub fn open(path: &Path) -> Result<Self, GalleryError> {
        Self::from_store(Store::open(path)?)
    }

    fn from_store(store: Store) -> Result<Self, GalleryError> {
        let Header { fingerprint, dimensions, bundle } = store.header()?;
        let dimensions = dimensions.into_iter().map(|d| d as usize).collect();
        let space = EmbeddingSpace { fingerprint: Fingerprint(fingerprint), dimensions };
        Ok(Self { store, space, bundle: PathBuf::from(bundle) })
    }

    /// What the enrolled embeddings are.
    pub fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    /// Where the bundle that made them was when photos were last ingested.
    pub fn bundle(&self) -> &Path {
        &self.bundle
    }

    /// Number of enrolled photos.
    pub fn photo_count(&self) -> usize {
        self.store.photo_count()
    }

    /// The embeddings of an enrolled photo, one per backbone; none where it is not enrolled.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn embeddings(&self, id: &PhotoId) -> Result<Option<Vec<Embedding>>, GalleryError> {
        let Some(photo) = self.store.photo(id)? else { return Ok(None) };
        let embedding = |(backbone, &width)| {
            let values = self.store.embedding(photo.ordinal, backbone, width)?;
            Embedding::from_unit(values).map_err(GalleryError::BadEmbedding)
        };
        (0..).zip(&self.space.dimensions).map(embedding).collect::<Result<_, _>>().map(Some)
    }

    /// Everybody with a photo.
    ///
    /// # Errors
    /// When the store fails.
    pub fn people(&self) -> Result<BTreeSet<MemberId>, GalleryError> {
        self.store.photos().map(|photo| Ok(photo?.id.member())).collect()
    }

    /// Checks that embeddings of `space` may be compared with the enrolled ones.
    ///
    /// # Errors
    /// When they were made with different bundles.
    pub fn check_bundle(&self, space: &EmbeddingSpace) -> Result<(), GalleryError> {
        if self.space == *space {
            return Ok(());
        }
        Err(GalleryError::OtherBundle {
            enrolled_with: self.bundle.clone(),
            expected: self.space.fingerprint,
            found: space.fingerprint,
        })
    }

    /// The hash of the file from which a photo was enrolled, if it is.
    ///
    /// # Errors
    /// When the store fails.
    pub fn content_hash(&self, id: &PhotoId) -> Result<Option<ContentHash>, GalleryError> {
        Ok(self.store.photo(id)?.map(|photo| photo.content_hash))
    }

    /// Enrols photos, all or none; they are on disk when this returns. One that is enrolled already is replaced.
    ///
    /// # Errors
    /// When the embeddings are not of this gallery's space, or the store fails.
    pub fn enrol(&self, photos: Vec<Enrolment>) -> Result<(), GalleryError> {
        let new =
            photos.into_iter().map(|photo| self.record(photo)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.store.put_photos(&new)?)
    }

    fn record(&self, photo: Enrolment) -> Result<NewPhoto, GalleryError> {
        let Enrolment { id, content_hash, embeddings } = photo;
        let found: Vec<usize> = embeddings.iter().map(Embedding::dimension).collect();
        if found != self.space.dimensions {
            return Err(GalleryError::WrongDimension {
                expected: self.space.dimensions.clone(),
                found,
            });
        }
        let embeddings = embeddings.iter().map(|e| e.as_slice().to_vec()).collect();
        Ok(NewPhoto { id, content_hash, embeddings })
    }

    /// Lists people as kin; they are on disk when this returns. They need not have photos.
    ///
    /// # Errors
    /// When the store fails.
    pub fn relate(&self, pairs: &[Relationship]) -> Result<(), GalleryError> {
        Ok(self.store.put_relationships(pairs)?)
    }

    /// Builds and stores a new search graph over every enrolled photo, unless the stored one has them all.
    ///
    /// # Errors
    /// When the store fails; then the old graph stays.
    pub fn build_graph(&self) -> Result<(), GalleryError> {
        let snapshot = self.snapshot()?;
        if !snapshot.graph_is_complete() {
            self.store.put_graph(&snapshot.build_graph())?;
        }
        Ok(())
    }

    /// What is enrolled now, in memory, to be searched; later changes do not show in it.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn snapshot(&self) -> Result<Snapshot, GalleryError> {
        Snapshot::load(&self.store, &self.space.dimensions)
    }
}

//! The gallery: enrolled photos, kept in a [`store`](crate::store), and what answers "which are nearest".
//!
//! The store is the truth. In memory a gallery is a few sealed segments and a tail ([`Snapshot`]). A segment has a search
//! graph, which is derived from its embeddings and stored beside them; the tail is compared photo by photo, and is sealed
//! when it is large enough ([`Gallery::seal`]). No answer depends on what is sealed, but for the rare neighbour that a
//! walk through a graph misses.
//!
//! A removed photo is gone from the store at once, and from every later snapshot. Its node is left out of the graph when
//! the gallery is opened again: links lead around it. [`Gallery::compact`] builds the graph without it.

mod archive;
mod bits;
mod build;
mod codes;
mod dot;
mod error;
mod filter;
mod links;
mod load;
mod mapped;
mod matrix;
mod neighbour;
mod part;
mod remove;
mod scored;
mod seal;
mod snapshot;
mod stats;
mod walk;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

pub use archive::Archived;
pub use error::GalleryError;
pub use filter::{Filter, Selection};
pub use matrix::Precision;
pub use neighbour::{Embeddings, Lookup, Method, Nearest, Neighbour, StoredPhoto};
pub use snapshot::Snapshot;
pub use stats::{SegmentStats, Stats};

use crate::domain::{
    ContentHash, Embedding, EmbeddingSpace, Fingerprint, MemberId, PhotoId, Progress, Relationship,
};
pub use crate::store::Removed;
use crate::store::{Header, NewPhoto, Store};

/// An open gallery. One process has it at a time; its threads share it, and one of them writes at a time.
pub struct Gallery {
    store: Arc<Store>,
    space: EmbeddingSpace,
    bundle: PathBuf,
    precision: Precision,
    /// Held by whoever writes.
    writer: Mutex<()>,
    /// What is enrolled now; none until it is asked for.
    current: RwLock<Option<Arc<Snapshot>>>,
}

/// A photo to enrol.
pub struct Enrolment {
    /// Whose photo.
    pub id: PhotoId,
    /// SHA-256 of its file.
    pub content_hash: ContentHash,
    /// One embedding per backbone, in the bundle's order.
    pub embeddings: Vec<Embedding>,
    /// A small picture of it to be kept, a JPEG, if it is to be.
    pub thumbnail: Option<Vec<u8>>,
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

    /// Opens an existing gallery and makes everything anew that is derived from its records: their count, what is said of
    /// them beside the database, and the search graphs; these are left for later where `progress` asked to stop.
    ///
    /// # Errors
    /// As [`Self::open`], but for a damaged graph or count.
    pub fn rebuild(path: &Path, progress: &dyn Progress) -> Result<Self, GalleryError> {
        let gallery = Self::from_store(Store::recount(path)?)?;
        gallery.seal(progress)?;
        Ok(gallery)
    }

    /// The same gallery with this many bits of each value in memory.
    #[must_use]
    pub fn with_precision(self, precision: Precision) -> Self {
        Self { precision, current: RwLock::new(None), ..self }
    }

    /// Writes the database anew, without the room and the bytes of what was removed or replaced.
    ///
    /// # Errors
    /// When a snapshot of half precision is still in use, or the store fails; then the old one stays.
    pub fn rewrite(self) -> Result<Self, GalleryError> {
        let Self { store, precision, current, .. } = self;
        drop(current);
        let store = Arc::try_unwrap(store).map_err(|store| store.in_use())?;
        Ok(Self::from_store(store.rewrite()?)?.with_precision(precision))
    }

    fn from_store(store: Store) -> Result<Self, GalleryError> {
        let Header { fingerprint, dimensions, bundle } = store.header()?;
        let dimensions = dimensions.into_iter().map(|d| d as usize).collect();
        let space = EmbeddingSpace { fingerprint: Fingerprint(fingerprint), dimensions };
        let (writer, current) = (Mutex::new(()), RwLock::new(None));
        let (store, precision) = (Arc::new(store), Precision::Full);
        Ok(Self { store, space, bundle: PathBuf::from(bundle), precision, writer, current })
    }

    /// The gallery's folder.
    pub fn path(&self) -> &Path {
        self.store.path()
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
    ///
    /// # Errors
    /// When the store fails.
    pub fn photo_count(&self) -> Result<usize, GalleryError> {
        Ok(self.store.counts()?.photos as usize)
    }

    /// How often photos and listed kin have changed since the gallery was made.
    ///
    /// # Errors
    /// When the store fails.
    pub fn version(&self) -> Result<u64, GalleryError> {
        Ok(self.store.counts()?.commits)
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
        Ok(self.store.photos()?.iter().map(|photo| photo.id.member()).collect())
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

    /// The small picture of an enrolled photo, a JPEG; none where it is not enrolled, or none was kept.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn thumbnail(&self, id: &PhotoId) -> Result<Option<Vec<u8>>, GalleryError> {
        let Some(photo) = self.store.photo(id)? else { return Ok(None) };
        Ok(self.store.thumbnail(photo.ordinal)?)
    }

    /// Enrols photos, all or none; they are on disk when this returns, and in every later snapshot. One that is enrolled
    /// already is replaced; of several with the same identity the last one stays.
    ///
    /// # Errors
    /// When the embeddings are not of this gallery's space, or the store fails.
    pub fn enrol(&self, photos: Vec<Enrolment>) -> Result<(), GalleryError> {
        let new =
            photos.into_iter().map(|photo| self.record(photo)).collect::<Result<Vec<_>, _>>()?;
        let _writer = self.writer();
        let ordinals = self.store.put_photos(&new)?;
        self.update(|snapshot| Ok(snapshot.with(&new, &ordinals)))
    }

    fn record(&self, photo: Enrolment) -> Result<NewPhoto, GalleryError> {
        let Enrolment { id, content_hash, embeddings, thumbnail } = photo;
        let found: Vec<usize> = embeddings.iter().map(Embedding::dimension).collect();
        if found != self.space.dimensions {
            return Err(GalleryError::WrongDimension {
                expected: self.space.dimensions.clone(),
                found,
            });
        }
        let embeddings = embeddings.iter().map(|e| e.as_slice().to_vec()).collect();
        Ok(NewPhoto { id, content_hash, embeddings, thumbnail })
    }

    /// Lists people as kin, in place of what was known of the same two; they are on disk when this returns. They need not have
    /// photos.
    ///
    /// # Errors
    /// When the store fails.
    pub fn relate(&self, pairs: &[Relationship]) -> Result<(), GalleryError> {
        let _writer = self.writer();
        self.store.put_relationships(pairs)?;
        self.update(|snapshot| Ok(snapshot.with_kin(load::kin(&self.store)?)))
    }

    /// Everybody who is listed as kin, in no promised order.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn relationships(&self) -> Result<Vec<Relationship>, GalleryError> {
        Ok(self.store.relationships()?)
    }

    /// What is enrolled now, in memory, to be searched; later changes do not show in it.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>, GalleryError> {
        if let Some(snapshot) = self.loaded() {
            return Ok(snapshot);
        }
        let _writer = self.writer();
        self.load()
    }

    /// Lets one thread write; what a thread that failed had written is whole, as the store's transactions are.
    fn writer(&self) -> MutexGuard<'_, ()> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn loaded(&self) -> Option<Arc<Snapshot>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The current snapshot, for whoever writes.
    fn load(&self) -> Result<Arc<Snapshot>, GalleryError> {
        if let Some(snapshot) = self.loaded() {
            return Ok(snapshot);
        }
        let snapshot = Arc::new(load::load(&self.store, &self.space.dimensions, self.precision)?);
        self.replace(Some(Arc::clone(&snapshot)));
        Ok(snapshot)
    }

    fn replace(&self, snapshot: Option<Arc<Snapshot>>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }

    /// Brings what is in memory up to what was written; where nothing is, it stays so.
    fn update(
        &self,
        change: impl FnOnce(&Snapshot) -> Result<Snapshot, GalleryError>,
    ) -> Result<(), GalleryError> {
        let Some(snapshot) = self.loaded() else { return Ok(()) };
        let changed = change(&snapshot).map(Arc::new);
        // What is on disk counts: where it cannot be followed in memory, it is read anew.
        self.replace(changed.as_ref().ok().cloned());
        changed.map(drop)
    }
}

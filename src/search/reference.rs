//! What searches need to know of a gallery as a whole, computed once a snapshot.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::SearchError;
use crate::domain::MemberId;
use crate::gallery::{Filter, Neighbour, Snapshot};
use crate::kinship::{
    CohortStatistics, FaceOwner, GallerySample, KinshipError, OpenSetScorer, Reference, Rows,
};

/// The reference of the snapshot that was searched last.
#[derive(Default)]
pub struct ReferenceCache(Mutex<Option<CachedReference>>);

struct CachedReference {
    snapshot: Weak<Snapshot>,
    reference: Arc<GalleryReference>,
}

/// A sample of a gallery, and the statistics of the faces that were candidates.
pub(super) struct GalleryReference {
    pub(super) reference: Reference,
    /// The number of people in the gallery.
    pub(super) people: usize,
    /// By the photos' ordinals.
    statistics: Mutex<HashMap<u64, CohortStatistics>>,
}

impl ReferenceCache {
    /// The reference of `snapshot`, which is made if the last one was another's.
    pub(super) fn get(
        &self,
        snapshot: &Arc<Snapshot>,
        scorer: OpenSetScorer<'_>,
    ) -> Result<Arc<GalleryReference>, SearchError> {
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(CachedReference { snapshot: known, reference }) = &*cached
            && Weak::ptr_eq(known, &Arc::downgrade(snapshot))
        {
            return Ok(Arc::clone(reference));
        }
        let reference = Arc::new(GalleryReference::new(snapshot, scorer)?);
        *cached = Some(CachedReference {
            snapshot: Arc::downgrade(snapshot),
            reference: Arc::clone(&reference),
        });
        Ok(reference)
    }
}

impl GalleryReference {
    fn new(snapshot: &Snapshot, scorer: OpenSetScorer<'_>) -> Result<Self, SearchError> {
        let photos = snapshot.sample(GallerySample::MAX_FACES, GallerySample::MAX_FACES_OF_PERSON);
        let backbones = scorer.cohort().faces.len();
        let faces = match photos.is_empty() {
            true => Vec::new(),
            false => rows(&photos, backbones)?,
        };
        let owners = photos.iter().map(|photo| owner(photo.photo.id.member())).collect();
        Ok(Self {
            reference: Reference::new(scorer, GallerySample { faces, owners })?,
            people: snapshot.people_count(&Filter::default()),
            statistics: Mutex::default(),
        })
    }

    /// The statistics of enrolled faces, in their order.
    pub(super) fn statistics(
        &self,
        scorer: OpenSetScorer<'_>,
        photos: &[Neighbour<'_>],
    ) -> Result<Vec<CohortStatistics>, KinshipError> {
        let new: Vec<Neighbour<'_>> = {
            let known = self.known();
            photos.iter().filter(|photo| !known.contains_key(&photo.ordinal())).copied().collect()
        };
        // Computed without the lock, so that searches at the same time do not wait for each other.
        let computed = match new.as_slice() {
            [] => Vec::new(),
            new => {
                let faces = rows(new, scorer.cohort().faces.len())?;
                let owners: Vec<FaceOwner> =
                    new.iter().map(|photo| owner(photo.photo.id.member())).collect();
                self.reference.statistics(scorer, &faces, &owners)?
            }
        };
        let mut known = self.known();
        known.extend(new.iter().map(Neighbour::ordinal).zip(computed));
        Ok(photos.iter().map(|photo| known[&photo.ordinal()]).collect())
    }

    fn known(&self) -> MutexGuard<'_, HashMap<u64, CohortStatistics>> {
        self.statistics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whose face it is, in a gallery.
pub(super) fn owner(person: MemberId) -> FaceOwner {
    let family = MemberId::new(person.family(), 0).number();
    FaceOwner { person: person.number(), family }
}

/// The embeddings of photos, of which there is one or more: per backbone `(n, d)`.
pub(super) fn rows(photos: &[Neighbour<'_>], backbones: usize) -> Result<Vec<Rows>, KinshipError> {
    let of_backbone = |backbone: usize| {
        let values: Vec<_> = photos.iter().map(|photo| photo.embeddings.values(backbone)).collect();
        Rows::new(values.iter().map(|values| &**values))
    };
    (0..backbones).map(of_backbone).collect()
}

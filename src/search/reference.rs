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
    reference: GalleryReference,
}

/// What a search needs to know of the gallery as a whole.
#[derive(Clone)]
pub(super) struct GalleryReference {
    /// The number of people in the gallery.
    pub(super) people: usize,
    pub(super) sample: Arc<SampleReference>,
}

/// A sample of a gallery, and the statistics of the faces that were candidates. It outlives changes of the gallery that leave
/// the sample as it is.
pub(super) struct SampleReference {
    /// Of the sampled photos.
    ordinals: Vec<u64>,
    pub(super) reference: Reference,
    /// By the photos' ordinals.
    statistics: Mutex<HashMap<u64, CohortStatistics>>,
}

impl ReferenceCache {
    /// The reference of `snapshot`, which is made if the last one was another's.
    pub(super) fn get(
        &self,
        snapshot: &Arc<Snapshot>,
        scorer: OpenSetScorer<'_>,
    ) -> Result<GalleryReference, SearchError> {
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let current = Arc::downgrade(snapshot);
        if let Some(last) = &*cached
            && Weak::ptr_eq(&last.snapshot, &current)
        {
            return Ok(last.reference.clone());
        }
        let photos = snapshot.sample(GallerySample::MAX_FACES, GallerySample::MAX_FACES_OF_PERSON);
        let last = cached.as_ref().map(|cached| &cached.reference.sample);
        let sample = match last.filter(|last| last.is_of(&photos)) {
            Some(last) => Arc::clone(last),
            None => Arc::new(SampleReference::new(&photos, scorer)?),
        };
        let people = snapshot.people_count(&Filter::default());
        let reference = GalleryReference { people, sample };
        *cached = Some(CachedReference { snapshot: current, reference: reference.clone() });
        Ok(reference)
    }
}

impl SampleReference {
    fn new(photos: &[Neighbour<'_>], scorer: OpenSetScorer<'_>) -> Result<Self, SearchError> {
        let backbones = scorer.cohort().faces.len();
        let faces = match photos.is_empty() {
            true => Vec::new(),
            false => rows(photos, backbones)?,
        };
        let owners = photos.iter().map(|photo| owner(photo.photo.id.member())).collect();
        Ok(Self {
            ordinals: photos.iter().map(Neighbour::ordinal).collect(),
            reference: Reference::new(scorer, GallerySample { faces, owners })?,
            statistics: Mutex::default(),
        })
    }

    /// Whether these photos, in this order, are the sample.
    fn is_of(&self, photos: &[Neighbour<'_>]) -> bool {
        self.ordinals.iter().copied().eq(photos.iter().map(Neighbour::ordinal))
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

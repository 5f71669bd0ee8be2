//! Statistics of a gallery that searches need, computed once per view.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::SearchError;
use crate::domain::PersonId;
use crate::gallery::{Filter, GalleryView, Neighbor};
use crate::kinship::{
    CohortStatistics, FaceOwner, GallerySample, KinshipError, OpenSetScorer, Reference, Rows,
};

/// Cache of the reference of the last searched view.
#[derive(Default)]
pub struct ReferenceCache(Mutex<Option<CachedReference>>);

struct CachedReference {
    view: Weak<dyn GalleryView>,
    reference: GalleryReference,
}

/// Statistics of a gallery that a search needs.
#[derive(Clone)]
pub(super) struct GalleryReference {
    /// Number of people in the gallery.
    pub(super) people: usize,
    pub(super) sample: Arc<SampleReference>,
}

/// A sample of a gallery, and the statistics of the faces that were candidates.
///
/// It stays valid after changes of the gallery that leave the sample as it is.
pub(super) struct SampleReference {
    /// Ordinals of the sampled photos.
    ordinals: Vec<u64>,
    pub(super) reference: Reference,
    /// Statistics by the ordinals of the photos.
    statistics: Mutex<HashMap<u64, CohortStatistics>>,
}

impl ReferenceCache {
    /// Returns the reference of `view`, and computes it if another view's is cached.
    pub(super) fn get(
        &self,
        view: &Arc<dyn GalleryView>,
        scorer: OpenSetScorer<'_>,
    ) -> Result<GalleryReference, SearchError> {
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let current = Arc::downgrade(view);
        if let Some(last) = &*cached
            && Weak::ptr_eq(&last.view, &current)
        {
            return Ok(last.reference.clone());
        }
        let photos = view.sample(GallerySample::MAX_FACES, GallerySample::MAX_FACES_OF_PERSON)?;
        let last = cached.as_ref().map(|cached| &cached.reference.sample);
        let sample = match last.filter(|last| last.has_photos(&photos)) {
            Some(last) => Arc::clone(last),
            None => Arc::new(SampleReference::new(&photos, scorer)?),
        };
        let people = view.people(&Filter::default())?.len();
        let reference = GalleryReference { people, sample };
        *cached = Some(CachedReference { view: current, reference: reference.clone() });
        Ok(reference)
    }
}

impl SampleReference {
    fn new(photos: &[Neighbor], scorer: OpenSetScorer<'_>) -> Result<Self, SearchError> {
        let backbones = scorer.cohort().faces.len();
        let faces = match photos.is_empty() {
            true => Vec::new(),
            false => rows(photos.iter(), backbones)?,
        };
        let owners = photos.iter().map(|photo| owner(photo.photo.id.member())).collect();
        Ok(Self {
            ordinals: photos.iter().map(|photo| photo.photo.ordinal).collect(),
            reference: Reference::new(scorer, GallerySample { faces, owners })?,
            statistics: Mutex::default(),
        })
    }

    /// Returns whether these photos, in this order, are the sample.
    fn has_photos(&self, photos: &[Neighbor]) -> bool {
        self.ordinals.iter().copied().eq(photos.iter().map(|photo| photo.photo.ordinal))
    }

    /// Returns the statistics of enrolled faces, in their order.
    pub(super) fn statistics(
        &self,
        scorer: OpenSetScorer<'_>,
        photos: &[Neighbor],
    ) -> Result<Vec<CohortStatistics>, KinshipError> {
        let new: Vec<&Neighbor> = {
            let cached = self.cached();
            photos.iter().filter(|photo| !cached.contains_key(&photo.photo.ordinal)).collect()
        };
        // Computed without the lock, so that concurrent searches do not wait for each other.
        let computed = match new.as_slice() {
            [] => Vec::new(),
            new => {
                let faces = rows(new.iter().copied(), scorer.cohort().faces.len())?;
                let owners: Vec<FaceOwner> =
                    new.iter().map(|photo| owner(photo.photo.id.member())).collect();
                self.reference.statistics(scorer, &faces, &owners)?
            }
        };
        let mut cached = self.cached();
        cached.extend(new.iter().map(|photo| photo.photo.ordinal).zip(computed));
        Ok(photos.iter().map(|photo| cached[&photo.photo.ordinal]).collect())
    }

    fn cached(&self) -> MutexGuard<'_, HashMap<u64, CohortStatistics>> {
        self.statistics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the owner of a person's faces.
pub(super) fn owner(person: PersonId) -> FaceOwner {
    let family = PersonId::new(person.family(), 0).number();
    FaceOwner { person: person.number(), family }
}

/// Stacks the embeddings of one or more photos: per backbone `(n, d)`.
pub(super) fn rows<'a>(
    photos: impl Iterator<Item = &'a Neighbor> + Clone,
    backbones: usize,
) -> Result<Vec<Rows>, KinshipError> {
    let mut rows = Vec::with_capacity(backbones);
    for backbone in 0..backbones {
        rows.push(Rows::new(photos.clone().map(|photo| photo.embeddings.values(backbone)))?);
    }
    Ok(rows)
}

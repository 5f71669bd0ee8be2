//! The content of a gallery at one moment, in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rayon::prelude::*;

use super::dot::dot;
use super::live_segment::{Candidate, LiveSegment};
use super::matrix::VectorPrecision;
use super::quantized::QuantizedProbe;
use super::scored::ScoredNode;
use super::segment::{RowFilter, SegmentQuery};
use super::store::Store;
use crate::domain::{
    ContentHash, Embedding, EmbeddingSpace, EntityId, PersonId, PhotoId, Relationship,
};
use crate::gallery::error::GalleryError;
use crate::gallery::filter::Filter;
use crate::gallery::interface::GalleryView;
use crate::gallery::neighbor::{Nearest, Neighbor};
use crate::gallery::photo::StoredPhoto;
use crate::gallery::query::{Method, NearestQuery, PageRequest};

/// Minimum search width in a graph.
const MIN_EF: usize = 64;

/// Extra results that are compared by the stored embeddings.
const RESCORED: usize = 8;

/// An immutable view of a gallery, in memory.
pub(in crate::gallery) struct Snapshot {
    pub(in crate::gallery) space: EmbeddingSpace,
    /// The sealed segments, and last the tail.
    pub(in crate::gallery) segments: Vec<LiveSegment>,
    pub(in crate::gallery) listed: Arc<ListedPairs>,
    /// The store with full-precision embeddings, if those in memory have fewer bits.
    pub(in crate::gallery) stored: Option<Arc<Store>>,
}

/// The listed pairs of each person, in the order of their relatives.
pub(in crate::gallery) type ListedPairs = HashMap<PersonId, Vec<Relationship>>;

impl GalleryView for Snapshot {
    fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    fn photo_count(&self) -> usize {
        self.segments.iter().map(LiveSegment::photo_count).sum()
    }

    fn photos(
        &self,
        scope: Option<&EntityId>,
        page: &PageRequest<PhotoId>,
    ) -> Result<Vec<Arc<StoredPhoto>>, GalleryError> {
        let mut photos = match scope {
            Some(scope) => self.photos_of(scope),
            None => self.all_photos().collect(),
        };
        photos.retain(|photo| page.is_later(&photo.id));
        photos.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        photos.truncate(page.limit);
        Ok(photos.into_iter().cloned().collect())
    }

    fn relationships(
        &self,
        scope: Option<&EntityId>,
        page: &PageRequest<[PersonId; 2]>,
    ) -> Result<Vec<Relationship>, GalleryError> {
        let mut pairs = match scope {
            Some(EntityId::Person(person)) => self.listed.get(person).cloned().unwrap_or_default(),
            _ => self.listed_pairs(scope),
        };
        pairs.retain(|pair| page.is_later(&pair.people()));
        pairs.sort_unstable();
        pairs.truncate(page.limit);
        Ok(pairs)
    }

    fn people(&self, filter: &Filter) -> Result<Vec<PersonId>, GalleryError> {
        let photos = self.all_photos().filter(|photo| filter.admits(photo));
        let mut people: Vec<PersonId> = photos.map(|photo| photo.id.member()).collect();
        people.sort_unstable();
        people.dedup();
        Ok(people)
    }

    fn people_of_files(&self, files: &[ContentHash]) -> Result<BTreeSet<PersonId>, GalleryError> {
        let mut people = BTreeSet::new();
        for live in &self.segments {
            for row in live.retain(live.segment.rows_of_files(files)) {
                people.insert(live.segment.photo(row).id.member());
            }
        }
        Ok(people)
    }

    fn sample(&self, count: usize, per_person: usize) -> Result<Vec<Neighbor>, GalleryError> {
        let mut people: BTreeMap<(u64, PersonId), Vec<Candidate<'_>>> = BTreeMap::new();
        for live in &self.segments {
            for row in live.rows() {
                let person = live.segment.photo(row).id.member();
                let key = (shuffled(person), person);
                // A person ranked after `count` others is never sampled.
                let last = people.last_key_value().filter(|_| people.len() > count);
                if last.is_some_and(|(last, _)| *last < key) {
                    continue;
                }
                let photo = Candidate::new(live, ScoredNode { cosine: 0.0, node: row });
                people.entry(key).or_default().push(photo);
                if people.len() > count + 1 {
                    people.pop_last();
                }
            }
        }
        let mut sample = Vec::new();
        for mut photos in people.into_values() {
            photos.sort_unstable_by(|a, b| a.photo().id.cmp(&b.photo().id));
            photos.truncate(per_person);
            if sample.len() + photos.len() > count {
                break;
            }
            sample.extend(photos.into_iter().map(Candidate::neighbor));
        }
        Ok(sample)
    }

    fn compare(&self, entity: &EntityId, probe: &Embedding) -> Result<Vec<Neighbor>, GalleryError> {
        self.check_probe(probe)?;
        let mut photos = Vec::new();
        for live in &self.segments {
            for row in live.rows_of(entity) {
                let scored = live.segment.scored(probe.as_slice(), row);
                photos.push(Candidate::new(live, scored).neighbor());
            }
        }
        Ok(photos)
    }

    /// Small or selective sets are compared photo by photo, and so are photos that are in no search
    /// graph yet.
    fn nearest(
        &self,
        probes: &[Embedding],
        query: &NearestQuery,
    ) -> Result<Vec<Nearest>, GalleryError> {
        for probe in probes {
            self.check_probe(probe)?;
        }
        let filters = self.row_filters(&query.filter);
        Ok(probes.par_iter().map(|probe| self.nearest_to(probe, query, &filters)).collect())
    }
}

impl Snapshot {
    fn all_photos(&self) -> impl Iterator<Item = &Arc<StoredPhoto>> {
        self.segments.iter().flat_map(LiveSegment::photos)
    }

    /// Returns the photos of a family or a person, or one photo, in no particular order.
    fn photos_of(&self, entity: &EntityId) -> Vec<&Arc<StoredPhoto>> {
        let mut photos = Vec::new();
        for live in &self.segments {
            photos.extend(live.rows_of(entity).map(|row| live.segment.photo(row)));
        }
        photos
    }

    /// Returns all listed pairs, or those that name a person of the scope.
    fn listed_pairs(&self, scope: Option<&EntityId>) -> Vec<Relationship> {
        let mut listed: Vec<Relationship> = Vec::new();
        for (person, pairs) in &*self.listed {
            // Each pair is listed for both people, and taken once.
            listed.extend(pairs.iter().filter(|pair| pair.people()[0] == *person));
        }
        if let Some(scope) = scope {
            listed.retain(|pair| pair.people().into_iter().any(|person| scope.includes(person)));
        }
        listed
    }

    /// Returns the rows that pass the filter, per segment.
    fn row_filters(&self, filter: &Filter) -> Vec<RowFilter> {
        let live = self.segments.iter();
        live.map(|live| live.segment.row_filter(filter, &live.deleted)).collect()
    }

    /// Returns the photos nearest to one probe, among the rows that pass the filter.
    fn nearest_to(
        &self,
        probe: &Embedding,
        query: &NearestQuery,
        filters: &[RowFilter],
    ) -> Nearest {
        let NearestQuery { count, ef, exact, .. } = *query;
        let probe = probe.as_slice();
        let ef = ef.unwrap_or((count + count / 2).max(MIN_EF)).max(count);
        // Few bits may not suffice to rank two close neighbors.
        let more = if self.stored.is_some() { RESCORED } else { 0 };
        let query = SegmentQuery {
            probe,
            quantized: &QuantizedProbe::new(probe),
            count: count + more,
            ef: ef + more,
            exact,
        };
        let mut candidates = Vec::new();
        let mut method = Method::Exact;
        for (live, filter) in self.segments.iter().zip(filters) {
            let (found, segment_method) = live.segment.nearest(&query, filter);
            candidates.extend(found.into_iter().map(|scored| Candidate::new(live, scored)));
            if segment_method == Method::Graph {
                method = Method::Graph;
            }
        }
        self.rescore(&mut candidates, probe);
        candidates.sort_unstable_by(|a, b| {
            b.cosine.total_cmp(&a.cosine).then_with(|| a.photo().id.cmp(&b.photo().id))
        });
        candidates.truncate(count);
        Nearest { neighbors: candidates.into_iter().map(Candidate::neighbor).collect(), method }
    }

    /// Compares candidates by the stored embeddings, if those in memory have fewer bits.
    ///
    /// If a candidate's photo was deleted meanwhile, the candidate retains its cosine.
    fn rescore(&self, candidates: &mut [Candidate<'_>], probe: &[f32]) {
        let Some(store) = &self.stored else { return };
        for candidate in candidates {
            if let Ok(values) = store.embedding(candidate.photo().ordinal, 0, probe.len()) {
                candidate.cosine = dot(probe, &values).clamp(-1.0, 1.0);
            }
        }
    }

    pub(in crate::gallery) fn precision(&self) -> VectorPrecision {
        match self.stored {
            Some(_) => VectorPrecision::Half,
            None => VectorPrecision::Full,
        }
    }
}

/// A pseudorandom number from a person's identity (SplitMix64; Steele, Lea and Flood 2014).
fn shuffled(person: PersonId) -> u64 {
    let mut value = person.number().wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

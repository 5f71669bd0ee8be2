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
use crate::domain::{ContentHash, Embedding, EntityId, FamilyId, PersonId, Relationship};
use crate::gallery::filter::Filter;
use crate::gallery::neighbor::{Nearest, Neighbor};
use crate::gallery::photo::StoredPhoto;
use crate::gallery::query::{Method, NearestQuery};

/// Minimum search width in a graph.
const MIN_EF: usize = 64;

/// Extra results that are compared by the stored embeddings.
const RESCORED: usize = 8;

/// An immutable view of a gallery for searches.
pub struct Snapshot {
    /// The sealed segments, and last the tail.
    pub(in crate::gallery) segments: Vec<LiveSegment>,
    pub(in crate::gallery) listed: Arc<ListedPairs>,
    /// The store with full-precision embeddings, if those in memory have fewer bits.
    pub(in crate::gallery) stored: Option<Arc<Store>>,
}

/// The listed pairs of each person, in the order of their relatives.
pub(in crate::gallery) type ListedPairs = HashMap<PersonId, Vec<Relationship>>;

impl Snapshot {
    /// The stored photos, in no particular order.
    pub fn photos(&self) -> impl Iterator<Item = &StoredPhoto> {
        self.segments.iter().flat_map(LiveSegment::photos).map(|photo| &**photo)
    }

    /// Number of stored photos.
    pub fn photo_count(&self) -> usize {
        self.segments.iter().map(LiveSegment::photo_count).sum()
    }

    /// The listed kin of `person`, in the order of the identities.
    pub fn kin_of(&self, person: PersonId) -> impl Iterator<Item = PersonId> {
        self.relationships_of(person).iter().filter_map(move |pair| pair.relative_of(person))
    }

    /// The listed pairs of `person`, in the order of the relatives.
    pub fn relationships_of(&self, person: PersonId) -> &[Relationship] {
        self.listed.get(&person).map(Vec::as_slice).unwrap_or_default()
    }

    /// The people with photos added from one of these files.
    pub fn people_of_files(&self, files: &[ContentHash]) -> BTreeSet<PersonId> {
        let mut people = BTreeSet::new();
        for live in &self.segments {
            for row in live.retain(live.segment.rows_of_files(files)) {
                people.insert(live.segment.photo(row).id.member());
            }
        }
        people
    }

    /// Returns whether a family, person or photo is stored.
    pub fn contains(&self, entity: &EntityId) -> bool {
        !self.select(entity).is_empty()
    }

    /// Number of people with a photo that passes the filter.
    pub fn people_count(&self, filter: &Filter) -> usize {
        let photos = self.photos().filter(|photo| filter.admits(photo));
        let mut people: Vec<PersonId> = photos.map(|photo| photo.id.member()).collect();
        people.sort_unstable();
        people.dedup();
        people.len()
    }

    /// Returns photos of some people, grouped by person: at most `per_person` each, at most `count`
    /// in all.
    ///
    /// The people are chosen by their identities alone. So a gallery of the same people gives the
    /// same sample.
    pub fn sample(&self, count: usize, per_person: usize) -> Vec<Neighbor> {
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
        sample
    }

    /// The photos of a family, in the order of their identities.
    pub fn of_family(&self, family: FamilyId) -> Vec<&StoredPhoto> {
        self.select(&EntityId::Family(family))
    }

    /// The photos of a person, in the order of their identities.
    pub fn of_person(&self, person: PersonId) -> Vec<&StoredPhoto> {
        self.select(&EntityId::Person(person))
    }

    /// Returns the photos of a family or a person, or one photo, in the order of their identities.
    fn select(&self, entity: &EntityId) -> Vec<&StoredPhoto> {
        let mut photos = Vec::new();
        for live in &self.segments {
            for row in live.retain(live.segment.rows_of(entity).iter().copied()) {
                photos.push(&**live.segment.photo(row));
            }
        }
        photos.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        photos
    }

    /// The photos of a family or a person, or one photo, with their cosines to `probe`.
    ///
    /// They are in no particular order.
    pub fn compare(&self, entity: &EntityId, probe: &Embedding) -> Vec<Neighbor> {
        let mut photos = Vec::new();
        for live in &self.segments {
            for row in live.retain(live.segment.rows_of(entity).iter().copied()) {
                let scored = live.segment.scored(probe.as_slice(), row);
                photos.push(Candidate::new(live, scored).neighbor());
            }
        }
        photos
    }

    /// Returns the photos nearest to `probe`.
    ///
    /// Small or selective sets are compared photo by photo, and so are photos that are in no search
    /// graph yet.
    pub fn nearest(&self, probe: &Embedding, query: &NearestQuery) -> Nearest {
        self.nearest_in(probe, query, &self.row_filters(&query.filter))
    }

    /// Runs [`Self::nearest`] for several probes in parallel.
    pub fn nearest_each(&self, probes: &[Embedding], query: &NearestQuery) -> Vec<Nearest> {
        let filters = self.row_filters(&query.filter);
        probes.par_iter().map(|probe| self.nearest_in(probe, query, &filters)).collect()
    }

    /// Returns the rows that pass the filter, per segment.
    fn row_filters(&self, filter: &Filter) -> Vec<RowFilter> {
        let live = self.segments.iter();
        live.map(|live| live.segment.row_filter(filter, &live.deleted)).collect()
    }

    fn nearest_in(
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

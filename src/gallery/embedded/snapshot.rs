//! The content of a gallery at one moment, in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rayon::prelude::*;

use super::bits::Bits;
use super::dot::dot;
use super::matrix::Precision;
use super::quantized::Probe;
use super::scored::Scored;
use super::segment::{Counting, Part, Wanted};
use super::store::Store;
use crate::domain::{ContentHash, Embedding, EntityId, FamilyId, PersonId, PhotoId, Relationship};
use crate::gallery::filter::Filter;
use crate::gallery::neighbor::{Embeddings, Lookup, Method, Nearest, Neighbor, StoredPhoto};

/// Minimum search width in a graph.
const MIN_EF: usize = 64;

/// Extra results that are compared by the stored embeddings.
const RESCORED: usize = 8;

/// An immutable view of a gallery for searches.
pub struct Snapshot {
    /// The sealed segments, and last the tail.
    pub(in crate::gallery) parts: Vec<LiveSegment>,
    pub(in crate::gallery) kin: Arc<Kin>,
    /// The store with full-precision embeddings, if those in memory have fewer bits.
    pub(in crate::gallery) stored: Option<Arc<Store>>,
}

/// The listed pairs of each person, in the order of their relatives.
pub(in crate::gallery) type Kin = HashMap<PersonId, Vec<Relationship>>;

/// A part, and its deleted rows.
#[derive(Clone)]
pub(in crate::gallery) struct LiveSegment {
    pub(in crate::gallery) part: Arc<Part>,
    pub(in crate::gallery) dead: Arc<Bits>,
}

impl LiveSegment {
    pub(in crate::gallery) fn new(part: Part) -> Self {
        let dead = Arc::new(Bits::none(part.photos.len()));
        Self { part: Arc::new(part), dead }
    }

    /// The rows that are not deleted.
    pub(in crate::gallery) fn live(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.part.rows()).filter(|&row| !self.dead.contains(row))
    }

    pub(in crate::gallery) fn live_count(&self) -> usize {
        self.part.photos.len() - self.dead.count()
    }

    /// Number of deleted rows of a segment, including those left out at loading.
    pub(in crate::gallery) fn removed(&self) -> usize {
        self.dead.count() + self.part.graph().map_or(0, |graph| graph.removed)
    }

    /// Returns the part without these photos.
    pub(in crate::gallery) fn without<'a>(&self, ids: impl Iterator<Item = &'a PhotoId>) -> Self {
        let mut held = self.clone();
        for row in ids.filter_map(|id| self.part.row_of(id)) {
            if !held.dead.contains(row) {
                Arc::make_mut(&mut held.dead).insert(row);
            }
        }
        held
    }

    fn neighbor(&self, Scored { cosine, node }: Scored) -> Neighbor<'_> {
        Neighbor {
            photo: self.part.photo(node),
            cosine: cosine.clamp(-1.0, 1.0),
            embeddings: Embeddings { part: &self.part, row: node },
        }
    }
}

impl Snapshot {
    /// The stored photos, in no particular order.
    pub fn photos(&self) -> impl Iterator<Item = &StoredPhoto> {
        self.parts.iter().flat_map(|held| held.live().map(|row| held.part.photo(row)))
    }

    /// Number of stored photos.
    pub fn photo_count(&self) -> usize {
        self.parts.iter().map(LiveSegment::live_count).sum()
    }

    /// The listed kin of `person`, in the order of the identities.
    pub fn kin_of(&self, person: PersonId) -> impl Iterator<Item = PersonId> {
        self.relationships_of(person).iter().filter_map(move |pair| pair.relative_of(person))
    }

    /// The listed pairs of `person`, in the order of the relatives.
    pub fn relationships_of(&self, person: PersonId) -> &[Relationship] {
        self.kin.get(&person).map(Vec::as_slice).unwrap_or_default()
    }

    /// The people with photos added from one of these files.
    pub fn people_of_files(&self, files: &[ContentHash]) -> BTreeSet<PersonId> {
        let photos = self.parts.iter().flat_map(|held| {
            let rows = held.part.rows_of_files(files).filter(|&row| !held.dead.contains(row));
            rows.map(|row| held.part.photo(row))
        });
        photos.map(|photo| photo.id.member()).collect()
    }

    /// Returns whether a family, person or photo is stored.
    pub fn has(&self, named: &EntityId) -> bool {
        match named {
            EntityId::Family(family) => !self.of_family(*family).is_empty(),
            EntityId::Person(person) => !self.of_person(*person).is_empty(),
            EntityId::Photo(photo) => {
                self.of_person(photo.member()).iter().any(|stored| stored.id == *photo)
            }
        }
    }

    /// Number of people with a photo that passes the filter.
    pub fn people_count(&self, filter: &Filter) -> usize {
        let mut people: Vec<PersonId> =
            self.photos().filter(|photo| filter.counts(photo)).map(|p| p.id.member()).collect();
        people.sort_unstable();
        people.dedup();
        people.len()
    }

    /// Returns photos of some people, grouped by person: at most `per_person` each, at most `count`
    /// in all.
    ///
    /// The people are chosen by their identities alone. So a gallery of the same people gives the
    /// same sample.
    pub fn sample(&self, count: usize, per_person: usize) -> Vec<Neighbor<'_>> {
        let mut people: BTreeMap<(u64, PersonId), Vec<Neighbor<'_>>> = BTreeMap::new();
        for held in &self.parts {
            for row in held.live() {
                let person = held.part.photo(row).id.member();
                let key = (shuffled(person), person);
                // A person ranked after `count` others is never sampled.
                if people.len() > count
                    && people.last_key_value().is_some_and(|(last, _)| *last < key)
                {
                    continue;
                }
                people
                    .entry(key)
                    .or_default()
                    .push(held.neighbor(Scored { cosine: 0.0, node: row }));
                if people.len() > count + 1 {
                    people.pop_last();
                }
            }
        }
        let mut sample = Vec::new();
        for mut photos in people.into_values() {
            photos.sort_unstable_by(|a, b| a.photo.id.cmp(&b.photo.id));
            photos.truncate(per_person);
            if sample.len() + photos.len() > count {
                break;
            }
            sample.extend(photos);
        }
        sample
    }

    /// The photos of a family, in the order of their identities.
    pub fn of_family(&self, family: FamilyId) -> Vec<&StoredPhoto> {
        self.collected(|held| held.part.rows_of_family(family).to_vec())
    }

    /// The photos of a person, in the order of their identities.
    pub fn of_person(&self, person: PersonId) -> Vec<&StoredPhoto> {
        self.collected(|held| held.part.rows_of(person).to_vec())
    }

    fn collected<'a>(&'a self, rows: impl Fn(&LiveSegment) -> Vec<u32>) -> Vec<&'a StoredPhoto> {
        let photos = |held: &'a LiveSegment| {
            let live = rows(held).into_iter().filter(|&row| !held.dead.contains(row));
            live.map(|row| held.part.photo(row)).collect::<Vec<_>>()
        };
        let mut photos: Vec<&StoredPhoto> = self.parts.iter().flat_map(photos).collect();
        photos.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        photos
    }

    /// The photos of `person` with their cosines to `probe`, in no particular order.
    pub fn photos_of(&self, person: PersonId, probe: &Embedding) -> Vec<Neighbor<'_>> {
        let mut photos = Vec::new();
        for held in &self.parts {
            let rows = held.part.rows_of(person).iter().copied();
            let live = rows.filter(|&row| !held.dead.contains(row));
            let scored = live.map(|row| held.part.scored(probe.as_slice(), row));
            photos.extend(scored.map(|scored| held.neighbor(scored)));
        }
        photos
    }

    /// Returns the photos nearest to `probe`.
    ///
    /// Small or selective sets are compared photo by photo, and so are photos that are in no search
    /// graph yet.
    pub fn nearest(&self, probe: &Embedding, lookup: &Lookup) -> Nearest<'_> {
        self.nearest_counting(probe, lookup, &self.counting(lookup))
    }

    /// Runs [`Self::nearest`] for several probes in parallel.
    pub fn nearest_each(&self, probes: &[Embedding], lookup: &Lookup) -> Vec<Nearest<'_>> {
        let counting = self.counting(lookup);
        probes.par_iter().map(|probe| self.nearest_counting(probe, lookup, &counting)).collect()
    }

    /// Returns the rows that pass the filter, per part.
    fn counting(&self, Lookup { filter, .. }: &Lookup) -> Vec<Counting> {
        let counting = |held: &LiveSegment| {
            held.part.counting(filter.only.as_ref(), &filter.without, &held.dead)
        };
        self.parts.iter().map(counting).collect()
    }

    fn nearest_counting(
        &self,
        probe: &Embedding,
        &Lookup { count, ef, exact, .. }: &Lookup,
        counting: &[Counting],
    ) -> Nearest<'_> {
        let probe = probe.as_slice();
        let code = Probe::of(probe);
        let ef = ef.unwrap_or((count + count / 2).max(MIN_EF)).max(count);
        // Few bits may not suffice to rank two close neighbors.
        let more = if self.stored.is_some() { RESCORED } else { 0 };
        let wanted = Wanted { probe, code: &code, count: count + more, ef: ef + more, exact };
        let mut neighbors = Vec::new();
        let mut method = Method::Exact;
        for (held, counting) in self.parts.iter().zip(counting) {
            let (found, how) = held.part.nearest(&wanted, counting);
            neighbors.extend(found.into_iter().map(|scored| held.neighbor(scored)));
            method = if how == Method::Graph { how } else { method };
        }
        let by_cosine = |a: &Neighbor<'_>, b: &Neighbor<'_>| {
            b.cosine.total_cmp(&a.cosine).then_with(|| a.photo.id.cmp(&b.photo.id))
        };
        self.rescore(&mut neighbors, probe);
        neighbors.sort_unstable_by(by_cosine);
        neighbors.truncate(count);
        Nearest { neighbors, method }
    }

    /// Compares neighbors by the stored embeddings, if those in memory have fewer bits.
    ///
    /// If a neighbor's photo was deleted meanwhile, the neighbor retains its cosine.
    fn rescore(&self, neighbors: &mut [Neighbor<'_>], probe: &[f32]) {
        let Some(store) = &self.stored else { return };
        for Neighbor { cosine, embeddings, .. } in neighbors {
            let ordinal = embeddings.part.ordinals[embeddings.row as usize];
            if let Ok(values) = store.embedding(ordinal, 0, probe.len()) {
                *cosine = dot(probe, &values).clamp(-1.0, 1.0);
            }
        }
    }

    pub(in crate::gallery) fn precision(&self) -> Precision {
        if self.stored.is_some() { Precision::Half } else { Precision::Full }
    }
}

/// A pseudorandom number from a person's identity (SplitMix64; Steele, Lea and Flood 2014).
fn shuffled(person: PersonId) -> u64 {
    let mut value = person.number().wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

//! From a probe photo to the people who look most like it.

mod grouping;

use crate::domain::{ContentHash, Embedding, FamilyId, MemberId, PhotoId};
use crate::gallery::{Method, Snapshot};

/// A face to search for.
pub struct Probe<'a> {
    /// Its embedding in the retrieval space.
    pub embedding: &'a Embedding,
    /// SHA-256 of its file: enrolled photos from the same file are not matches.
    pub content_hash: Option<ContentHash>,
}

/// How much to look for.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Most people to return.
    pub limit: usize,
    /// Nearest photos to group at least; more are taken while they name fewer than `limit` people.
    pub candidates: usize,
}

impl Options {
    /// Most people a search can be asked for.
    pub const MAX_LIMIT: usize = 1000;
}

impl Default for Options {
    fn default() -> Self {
        Self { limit: 10, candidates: 200 }
    }
}

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// People, the nearest first.
    pub people: Vec<PersonMatch>,
    /// Their families, the nearest first.
    pub families: Vec<FamilyMatch>,
    /// Photos in the gallery.
    pub searched_photos: usize,
    /// How the photos were searched.
    pub method: Method,
}

/// A person whose photos are near the probe.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonMatch {
    /// Who.
    pub person: MemberId,
    /// Cosine of the probe and the nearest photo, -1 to 1.
    pub cosine: f32,
    /// Their photos among the candidates, the nearest first.
    pub photos: Vec<PhotoMatch>,
    /// Whom the gallery lists as their kin, in the order of the identities.
    pub listed_kin: Vec<MemberId>,
}

/// A photo near the probe.
#[derive(Clone, Debug, PartialEq)]
pub struct PhotoMatch {
    /// Which.
    pub photo: PhotoId,
    /// Cosine of its embedding and the probe's, -1 to 1.
    pub cosine: f32,
}

/// A family with people near the probe.
#[derive(Clone, Debug, PartialEq)]
pub struct FamilyMatch {
    /// Which.
    pub family: FamilyId,
    /// Cosine of the probe and the family's nearest photo, -1 to 1.
    pub cosine: f32,
    /// Its people among the matches, the nearest first.
    pub people: Vec<MemberId>,
}

/// Searches `snapshot` for the people nearest to `probe`.
pub fn search(snapshot: &Snapshot, probe: &Probe<'_>, options: Options) -> Answer {
    let own = |hash| probe.content_hash == Some(hash);
    let total = snapshot.photos().len();
    let mut candidates = options.candidates.max(options.limit);
    loop {
        let nearest =
            snapshot.nearest(probe.embedding, candidates, |photo| own(photo.content_hash));
        let mut people = grouping::people(&nearest.neighbours);
        // Many photos of few people can fill the candidates: look further until there are enough people.
        if people.len() < options.limit && candidates < total {
            candidates *= 4;
            continue;
        }
        people.truncate(options.limit);
        for found in &mut people {
            found.listed_kin = snapshot.kin_of(found.person).collect();
        }
        let families = grouping::families(&people);
        return Answer { people, families, searched_photos: total, method: nearest.method };
    }
}

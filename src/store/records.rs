//! What the store keeps, as it is stored.

use bincode::{Decode, Encode};

use crate::domain::{ContentHash, PhotoId};

/// What a gallery was made with.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Header {
    /// The bundle's fingerprint.
    pub fingerprint: [u8; 32],
    /// Embedding width per backbone, in the bundle's order.
    pub dimensions: Vec<u32>,
    /// Where the bundle was, as an absolute path.
    pub bundle: String,
}

/// A stored photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// Whose photo.
    pub id: PhotoId,
    /// The number its embeddings are stored under; never used again once the photo is replaced.
    pub ordinal: u64,
    /// SHA-256 of the file it came from.
    pub content_hash: ContentHash,
}

/// A photo to be stored.
pub struct NewPhoto {
    /// Whose photo.
    pub id: PhotoId,
    /// SHA-256 of the file it came from.
    pub content_hash: ContentHash,
    /// Per backbone, in the bundle's order, its embedding.
    pub embeddings: Vec<Vec<f32>>,
    /// A small picture of it, if it is to be kept.
    pub thumbnail: Option<Vec<u8>>,
}

#[derive(Encode, Decode)]
pub(super) struct PhotoRecord {
    pub(super) ordinal: u64,
    pub(super) content_hash: [u8; 32],
}

/// What was counted with the last commit, to know it again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Counts {
    /// Changes of photos and relationships since the gallery was made.
    pub commits: u64,
    /// Photos.
    pub photos: u64,
    /// Listed pairs.
    pub relationships: u64,
}

/// What a removal took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Photos, with what was stored of them.
    pub photos: usize,
    /// Embeddings.
    pub embeddings: usize,
    /// Small pictures of the photos, where these were kept.
    pub thumbnails: usize,
    /// Listed pairs.
    pub relationships: usize,
}

/// A search graph over some of the photos.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Segment {
    /// Per node, the ordinal of its photo; one that is gone is a removed photo's.
    pub ordinals: Vec<u64>,
    /// The layers, from the one that has every node upwards.
    pub layers: Vec<GraphLayer>,
}

/// The neighbour lists of the first nodes of a graph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct GraphLayer {
    /// Where each node's list begins in `neighbours`; one entry more than there are nodes.
    pub offsets: Vec<u32>,
    /// The lists, one after the other.
    pub neighbours: Vec<u32>,
}

/// A segment among the stored ones.
#[derive(Clone, Copy, Encode, Decode)]
pub(super) struct SegmentEntry {
    /// What its chunks are stored under.
    pub(super) stamp: u64,
    /// How many chunks it has.
    pub(super) chunks: u32,
}

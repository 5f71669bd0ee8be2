//! The record types of the store.

use bincode::{Decode, Encode};

/// The bundle of a gallery.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(in crate::gallery) struct Header {
    /// The bundle's fingerprint.
    pub fingerprint: [u8; 32],
    /// Embedding width per backbone, in the bundle's order.
    pub dimensions: Vec<u32>,
    /// Absolute path of the bundle.
    pub bundle: String,
}

/// A photo without its embeddings and its thumbnail.
#[derive(Encode, Decode)]
pub(super) struct PhotoRecord {
    pub(super) ordinal: u64,
    pub(super) content_hash: [u8; 32],
}

/// Record counts at the last commit, to detect lost records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(in crate::gallery) struct Counts {
    /// Changes of photos and relationships since the gallery was created.
    pub commits: u64,
    /// Photos.
    pub photos: u64,
    /// Listed pairs.
    pub relationships: u64,
}

/// A search graph over some of the photos.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(in crate::gallery) struct SegmentRecord {
    /// The photo's ordinal, per node. An ordinal without a photo belongs to a deleted one.
    pub ordinals: Vec<u64>,
    /// The layers, from the one with every node upwards.
    pub layers: Vec<GraphLayer>,
}

/// The neighbor lists of the first nodes of a graph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(in crate::gallery) struct GraphLayer {
    /// Start of each node's list in `neighbors`; one entry more than there are nodes.
    pub offsets: Vec<u32>,
    /// The lists, concatenated.
    pub neighbors: Vec<u32>,
}

/// A segment in the list of stored ones.
#[derive(Clone, Copy, Encode, Decode)]
pub(super) struct SegmentEntry {
    /// Key prefix of its chunks.
    pub(super) stamp: u64,
    /// Number of its chunks.
    pub(super) chunks: u32,
}

//! Receipt of a deletion.

/// Counts of deleted records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// Photos, with their data.
    pub photos: usize,
    /// Embeddings.
    pub embeddings: usize,
    /// Stored thumbnails of the photos.
    pub thumbnails: usize,
    /// Listed pairs.
    pub relationships: usize,
}

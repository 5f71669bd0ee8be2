//! The gallery: photos in a `store`, and nearest-neighbor search over them.
//!
//! The store is the source of truth. In memory a gallery is a few sealed segments and a tail
//! (`Snapshot`). A segment has a search graph, derived from its embeddings and stored with them.
//! The tail is compared photo by photo. [`EmbeddedGallery::seal`] seals it if it is large enough.
//! Sealing changes no result, except for the rare neighbor that a graph search misses.
//!
//! A deleted photo disappears from the store at once, and from every later snapshot. Reopening the
//! gallery drops its node from the graph, and links lead around it. [`EmbeddedGallery::compact`]
//! builds the graph without it.

mod dot;
mod gallery;
mod hnsw;
mod import;
mod live_segment;
mod load;
mod maintenance;
mod matrix;
mod merge;
mod quantized;
mod records;
mod row_set;
mod scored;
mod segment;
mod snapshot;
mod stats;
mod store;
mod vector_file;
mod vectors;

pub use gallery::EmbeddedGallery;
pub use matrix::VectorPrecision;
pub use stats::{SegmentStats, Stats};
pub use store::StoreError;

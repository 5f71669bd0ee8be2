//! The gallery: photos in a [`store`](self::store), and nearest-neighbor search over them.
//!
//! The store is the source of truth. In memory a gallery is a few sealed segments and a tail
//! ([`Snapshot`]). A segment has a search graph, derived from its embeddings and stored with them.
//! The tail is compared photo by photo. It is sealed when it is large enough ([`Gallery::seal`]).
//! Sealing changes no result, except for the rare neighbor that a graph search misses.
//!
//! A deleted photo disappears from the store at once, and from every later snapshot. Reopening the
//! gallery drops its node from the graph, and links lead around it. [`Gallery::compact`] builds the
//! graph without it.

mod deletion;
mod dot;
mod gallery;
mod hnsw;
mod live_segment;
mod load;
mod maintenance;
mod matrix;
mod merge;
mod quantized;
mod row_set;
mod scored;
mod segment;
mod snapshot;
mod stats;
pub mod store;
mod vector_file;
mod vectors;

pub use gallery::Gallery;
pub use matrix::VectorPrecision;
pub use snapshot::Snapshot;
pub use stats::{SegmentStats, Stats};
pub use store::Deleted;

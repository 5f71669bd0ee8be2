//! Galleries: stored photos, their people and relationships, and nearest-neighbor search over them.
//!
//! `embedded` holds a gallery in a folder of this machine.

mod archive;
mod embedded;
mod error;
mod filter;
mod neighbor;
mod photo;
mod query;

pub use archive::ArchiveSummary;
pub use embedded::{Deleted, Gallery, SegmentStats, Snapshot, Stats, VectorPrecision, store};
pub use error::GalleryError;
pub use filter::{Filter, Selection};
pub use neighbor::{Nearest, Neighbor, NeighborEmbeddings};
pub use photo::{NewPhoto, StoredPhoto};
pub use query::{Method, NearestQuery};

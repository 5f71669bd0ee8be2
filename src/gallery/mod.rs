//! Galleries: enrolled photos, their people and relationships, and nearest-neighbor search over them.
//!
//! `embedded` holds a gallery in a folder of this machine.

mod archive;
mod embedded;
mod error;
mod filter;
mod neighbor;

pub use archive::Archived;
pub use embedded::{Deleted, Enrolment, Gallery, Precision, SegmentStats, Snapshot, Stats, store};
pub use error::GalleryError;
pub use filter::{Filter, Selection};
pub use neighbor::{Embeddings, Lookup, Method, Nearest, Neighbor, StoredPhoto};

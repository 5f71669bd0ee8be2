//! Galleries: stored photos, their people and relationships, and nearest-neighbor search over them.
//!
//! [`Gallery`] and [`GalleryView`] are the interface of every gallery. [`EmbeddedGallery`] holds
//! one in a folder of this machine.

mod archive;
mod deleted;
mod embedded;
mod error;
mod filter;
mod interface;
mod neighbor;
mod open;
mod photo;
mod query;

pub use archive::{ArchiveSummary, GalleryArchive, export};
pub use deleted::Deleted;
pub use embedded::{EmbeddedGallery, SegmentStats, Stats, StoreError, VectorPrecision};
pub use error::GalleryError;
pub use filter::{Filter, Selection};
pub use interface::{Gallery, GalleryView};
pub use neighbor::{Nearest, Neighbor, NeighborEmbeddings};
pub use open::open;
pub use photo::{NewPhoto, StoredPhoto};
pub use query::{Method, NearestQuery, PageRequest};

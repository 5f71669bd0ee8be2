//! Long jobs over a photo collection: [`ingest`] into a gallery, [`embed`] into arrays.

mod batches;
mod embeddings;
mod error;
mod job;
mod plan;
mod rejected;

pub use embeddings::{Embeddings, embed, embed_photos};
pub use error::IngestError;
pub use job::{Report, ingest, relate};
pub use plan::{Layout, Plan};
pub use rejected::Rejected;

//! Gallery archive: one zip file, as a copy or for another machine.
//!
//! It contains the stored records, without the search graphs.
//!
//! | entry | content |
//! |---|---|
//! | `gallery.json` | embedding space, counts, SHA-256 of each other entry |
//! | `photos.jsonl` | one line a photo: identity, SHA-256 of its file, thumbnail length |
//! | `embeddings-N.f32` | per backbone, rows of little-endian f32, in the order of the photos |
//! | `thumbnails` | the stored thumbnails, concatenated |
//! | `relationships.jsonl` | one line a listed pair |

mod format;
mod import;
mod read;
mod write;

pub use format::ArchiveSummary;
pub use import::GalleryArchive;
pub use write::export;

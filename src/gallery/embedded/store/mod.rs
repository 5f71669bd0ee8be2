//! A gallery's records on disk, in sled. All other data is derived from them.
//!
//! Only this module uses sled and bincode. Every value has a version and a checksum (`codec.rs`).
//! Values stay within 16 KiB, because sled leaks space when larger ones are rewritten. Each write
//! is a transaction, flushed before the call returns.
//!
//! Each transaction counts the records, and a manifest next to sled's folder stores the count
//! (`manifest.rs`). sled opens a truncated database without an error. The count detects it here.
//! Every sled call is guarded (`guard.rs`), because sled panics on some damaged files.

mod codec;
mod database;
mod error;
mod guard;
mod keys;
mod manifest;
mod migrate;
mod open;
mod photo_trees;
mod photos;
mod records;
mod relationships;
mod rewrite;
mod segments;
mod trees;

pub use error::StoreError;
pub(in crate::gallery) use records::{GraphLayer, Header, SegmentRecord};
pub(in crate::gallery) use segments::Stamp;
pub(in crate::gallery) use trees::Store;

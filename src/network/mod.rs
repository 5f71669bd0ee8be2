//! Networks as data: operations, weights, preprocessing and imports.
//!
//! An architecture is written once, as a [`graph::Network`]: a list of operations with weight names
//! and shapes. The engines run this list, training differentiates it, and the check of a weights
//! file reads it. So they cannot disagree about an architecture.
//!
//! Suggested reading order: [`graph`], [`architectures`], [`preprocessing`], `weights`, [`import`].

pub mod architectures;
pub(crate) mod encoding;
mod error;
pub mod graph;
pub mod import;
pub mod preprocessing;
mod published_weights;
mod weights;

pub use architectures::Architecture;
pub use error::NetworkError;
pub use weights::{
    NamedTensor, WeightsDtype, WeightsFile, write_safetensors, write_safetensors_as,
};

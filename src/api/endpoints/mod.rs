//! Endpoints, one file per resource.

pub(super) mod compare;
pub(super) mod embeddings;
pub(super) mod families;
pub(super) mod health;
pub(super) mod jobs;
pub(super) mod metrics;
pub(super) mod page;
pub(super) mod people;
pub(super) mod photos;
pub(super) mod relationships;
pub(super) mod removals;
pub(super) mod rerank;
pub(super) mod search;

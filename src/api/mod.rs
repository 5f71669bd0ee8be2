//! The HTTP service.
//!
//! One endpoint per file, what is written in [`wire`] and `resources`, errors as problem+json. Handlers never run a model:
//! they queue faces for the one model thread and wait for its answer.

mod access;
mod audit;
mod compare;
mod embeddings;
mod error;
mod families;
mod health;
mod jobs;
pub mod keys;
mod metrics;
mod model;
mod openapi;
mod origin;
mod page;
mod paging;
mod people;
mod photos;
mod probe;
mod problem;
mod relationships;
mod removals;
mod request_id;
mod rerank;
mod resources;
mod routes;
mod search;
mod server;
mod upload;
pub mod wire;

pub use error::{KeyError, ServeError};
pub use server::{Priors, Server, Service, Terms};

//! The HTTP service.
//!
//! There is one endpoint per file. Request and response bodies are in [`wire`] and `resources`. Errors are
//! problem+json. Handlers never run a model: they queue faces for the one model thread and wait for its embeddings.

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

//! The HTTP service.
//!
//! There is one file per resource. Request and response bodies are in [`crate::wire`]. Errors are
//! problem+json. Handlers never run a model: they queue faces for the one model thread and wait for its embeddings.

mod audit_log;
mod blocking;
mod endpoints;
mod error;
mod extract;
mod jobs;
pub mod keys;
mod metrics;
mod middleware;
mod model_queue;
mod openapi;
mod problem;
mod request;
mod route_table;
mod routes;
mod server;
mod state;

pub use error::{KeyError, ServeError};
pub use server::Server;
pub use state::{Service, ServiceConfig};

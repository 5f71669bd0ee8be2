//! The HTTP service.
//!
//! Request and response bodies are in [`crate::wire`]. Errors are problem+json. Handlers never run a
//! model: they queue photos for the one model thread and wait for its embeddings.
//!
//! Files import downward only:
//!
//! | floor | content |
//! |---|---|
//! | `server` | bind, run and shut down |
//! | `routes` | path, method, access and body of every endpoint in one table |
//! | `openapi` | the OpenAPI document |
//! | `endpoints` | one file per resource |
//! | `extract` | ids in the path, photos, probes, pages of a list |
//! | `middleware` | authentication, rate limit, origin, timeout, audit, request id |
//! | `state` | gallery, model, jobs and keys, for all handlers |
//! | `jobs`, `model_queue` | work in the background |
//! | `problem`, `request`, `route_table`, `metrics`, `audit_log`, `keys` | no other floor |

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

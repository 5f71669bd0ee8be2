//! Requests and responses as JSON, shared by the HTTP service and the command line.

mod context;
mod found;
mod note;
mod planned_search;
mod request_error;
mod resources;
mod responses;
mod search_options;
mod search_request;
mod search_response;
mod search_target;

pub use context::{Context, ModelVersion, ProbeFace, TimingsMs};
pub use planned_search::PlannedSearch;
pub use request_error::{Priors, RequestError};
pub(crate) use resources::{
    Enrolled, FamilyList, FamilyResource, ListedKin, PersonResource, PhotoResource, Receipt,
    RelationshipList, Removal, Removals, RemovalsResponse,
};
pub use responses::CompareResponse;
pub(crate) use responses::{EmbeddingsResponse, RerankResponse};
pub use search_options::{GroupBy, SearchOptions};
pub(crate) use search_request::search_schema;
pub use search_request::{ProbePhoto, SearchRequest};
pub use search_response::SearchResponse;
pub use search_target::SearchTarget;

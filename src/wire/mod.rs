//! Requests and responses as JSON, shared by the HTTP service and the command line.

mod context;
mod note;
mod resources;
mod responses;
mod search_request;

pub use context::{Context, ModelVersion, ProbeFace, TimingsMs};
pub(crate) use resources::{
    Enrolled, FamilyList, FamilyResource, ListedKin, PersonResource, PhotoResource, Receipt,
    RelationshipList, Removal, Removals, RemovalsResponse,
};
pub use responses::{CompareResponse, SearchResponse};
pub(crate) use responses::{EmbeddingsResponse, RerankResponse};
pub(crate) use search_request::search_schema;
pub use search_request::{
    GroupBy, PlannedSearch, Priors, ProbePhoto, RequestError, SearchOptions, SearchRequest,
    SearchTarget,
};

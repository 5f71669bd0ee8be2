//! Health and information endpoints.
//!
//! - `GET /healthz`: the process answers.
//! - `GET /readyz`: the service can answer searches.
//! - `GET /info`: the model, the gallery and the request limits.

use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::extract::upload::MAX_PHOTOS;
use crate::api::problem::{Problem, Problems};
use crate::api::state::State;
use crate::photo::Limits;
use crate::search::Options;

/// The process answers.
#[derive(Serialize, ToSchema)]
struct Health {
    #[schema(value_type = String)]
    status: &'static str,
}

/// Searches can be answered.
#[derive(Serialize, ToSchema)]
struct Ready {
    #[schema(value_type = String)]
    status: &'static str,
    /// Number of photos in the gallery.
    photos: usize,
    /// Fingerprint of the bundle.
    model: String,
}

/// Content of the service and its request limits.
#[derive(Serialize, ToSchema)]
struct Info {
    #[schema(value_type = String)]
    name: &'static str,
    #[schema(value_type = String)]
    version: &'static str,
    model: ModelInfo,
    gallery: GalleryInfo,
    limits: RequestLimits,
}

#[derive(Serialize, ToSchema)]
struct ModelInfo {
    name: String,
    fingerprint: String,
    /// Dimensions of each backbone's embedding.
    dimensions: Vec<usize>,
    /// Whether the bundle estimates kinship, and not only visual similarity.
    has_ensemble: bool,
}

#[derive(Serialize, ToSchema)]
struct GalleryInfo {
    photos: usize,
}

/// Limits of a request.
#[derive(Serialize, ToSchema)]
#[schema(as = AskedAtMost)]
struct RequestLimits {
    /// Maximum number of photos of one person.
    photos: usize,
    /// Maximum size of a photo's file, in bytes.
    file_bytes: u64,
    limit: usize,
    candidates: usize,
    ef: usize,
}

#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "healthz",
    security(()),
    tag = "service",
    summary = "Whether the process answers",
    responses((status = 200, description = "Done", body = Health), Problems),
)]
pub(in crate::api) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok" })
}

/// Reports that the service is ready.
///
/// The gallery and the model are loaded before the server listens. The service is ready as soon as it
/// answers.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    security(()),
    tag = "service",
    summary = "Whether searches can be answered",
    responses((status = 200, description = "Done", body = Ready), Problems),
)]
pub(in crate::api) async fn readyz(state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let photos = state.gallery.photo_count()?;
    let model = state.model.space().fingerprint.to_string();
    Ok(HttpResponse::Ok().json(Ready { status: "ready", photos, model }))
}

#[utoipa::path(
    get,
    path = "/info",
    operation_id = "info",
    tag = "service",
    summary = "The service: its model, its gallery, and the limits of requests",
    responses((status = 200, description = "Done", body = Info), Problems),
)]
pub(in crate::api) async fn info(state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let space = state.model.space();
    let limits = Limits::default();
    Ok(HttpResponse::Ok().json(Info {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        model: ModelInfo {
            name: state.model.bundle().name().to_owned(),
            fingerprint: space.fingerprint.to_string(),
            dimensions: space.dimensions.clone(),
            has_ensemble: state.model.ensemble().is_some(),
        },
        gallery: GalleryInfo { photos: state.gallery.photo_count()? },
        limits: RequestLimits {
            photos: MAX_PHOTOS,
            file_bytes: limits.max_file_bytes,
            limit: Options::MAX_LIMIT,
            candidates: Options::MAX_CANDIDATES,
            ef: Options::MAX_EF,
        },
    }))
}

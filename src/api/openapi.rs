//! `GET /openapi.json`: all routes of the service, generated from their types.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::endpoints::{
    compare, embeddings, families, health, jobs, metrics, people, photos, relationships, removals,
    rerank, search,
};
use super::problem::{PhotoProblem, ProblemBody};

/// The OpenAPI document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Kindred API",
        description = "Finds likely blood relatives by face. If the service has API keys, a request \
                       needs one. Scopes are `search` to search and read, `write` to add photos and \
                       kin, and `admin` to delete and to read metrics. A resemblance is no proof.",
    ),
    paths(
        search::post_form,
        compare::post,
        embeddings::post,
        rerank::post,
        families::list,
        families::get,
        families::put,
        families::delete,
        people::get,
        people::put,
        people::delete,
        people::post_photos,
        photos::get,
        photos::put,
        photos::delete,
        photos::image,
        relationships::list,
        relationships::put,
        relationships::delete,
        removals::post,
        jobs::post_archive,
        jobs::list,
        jobs::get,
        jobs::cancel,
        health::healthz,
        health::readyz,
        health::info,
        metrics::get,
    ),
    components(schemas(ProblemBody<'_>, PhotoProblem)),
    security((), ("key" = []), ("bearer" = [])),
    modifiers(&SecuritySchemes),
)]
struct Document;

/// Authentication schemes of the API keys.
struct SecuritySchemes;

impl Modify for SecuritySchemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let header = ApiKeyValue::new("X-Api-Key");
        components.add_security_scheme("key", SecurityScheme::ApiKey(ApiKey::Header(header)));
        let bearer = Http::new(HttpAuthScheme::Bearer);
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// Returns the document.
pub(super) fn document() -> &'static utoipa::openapi::OpenApi {
    static DOCUMENT: LazyLock<utoipa::openapi::OpenApi> = LazyLock::new(Document::openapi);
    &DOCUMENT
}

pub(super) async fn get() -> HttpResponse {
    HttpResponse::Ok().json(document())
}

//! `GET /openapi.json`: all routes of the service, generated from their types.

use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse};
use utoipa::openapi::PathItem;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::endpoints::{
    compare, embeddings, families, health, jobs, people, photos, relationships, removals, rerank,
    search,
};
use super::metrics;
use super::problem::{PhotoProblem, Problem, ProblemBody};

/// The OpenAPI document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Kindred API",
        description = "Finds likely blood relatives by face. Where the gallery has API keys, a request needs one: `search` to search and read, `write` to add photos and kin, `admin` to delete and to read metrics. A resemblance is no proof.",
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
    modifiers(&Keys),
)]
struct Document;

/// Authentication scheme of the API keys.
struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let header = ApiKeyValue::new("X-Api-Key");
        components.add_security_scheme("key", SecurityScheme::ApiKey(ApiKey::Header(header)));
        let bearer = Http::new(HttpAuthScheme::Bearer);
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

static DOCUMENT: LazyLock<utoipa::openapi::OpenApi> = LazyLock::new(Document::openapi);

pub(super) async fn get() -> HttpResponse {
    HttpResponse::Ok().json(&*DOCUMENT)
}

/// Answers a request with a method that the address does not support.
pub(super) async fn wrong_method(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let path = request.match_pattern().and_then(|pattern| DOCUMENT.paths.paths.get(&pattern));
    let known = |path: &PathItem| {
        let methods = [
            ("DELETE", &path.delete),
            ("GET", &path.get),
            ("POST", &path.post),
            ("PUT", &path.put),
        ];
        let taken = methods.iter().filter(|(_, operation)| operation.is_some());
        taken.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    };
    // A route that is missing in the document supports only GET.
    Err(Problem::wrong_method(path.map_or_else(|| "GET".to_owned(), known)))
}

//! `GET /openapi.json`: all of the service's addresses, from their types.

use actix_web::web;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{
    compare, embeddings, families, health, jobs, metrics, people, photos, relationships, removals,
    rerank, search,
};

/// The document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Kindred",
        description = "Finds likely blood relatives by face. Where the gallery has API keys, a request needs one: `search` to search and read, `write` to enrol and list kin, `admin` to remove and to read figures. A likeness is no proof.",
    ),
    paths(
        search::post_form,
        compare::post,
        embeddings::post,
        rerank::post,
        families::list,
        families::get,
        families::delete,
        people::get,
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
    security((), ("key" = []), ("bearer" = [])),
    modifiers(&Keys),
)]
struct Document;

/// How a request shows its key.
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

pub(super) async fn get() -> web::Json<utoipa::openapi::OpenApi> {
    web::Json(Document::openapi())
}

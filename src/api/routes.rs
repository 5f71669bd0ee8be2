//! Routes and their handlers.

use actix_multipart::form::MultipartFormConfig;
use actix_multipart::form::tempfile::TempFileConfig;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::guard::{GuardContext, fn_guard};
use actix_web::http::Method;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::middleware::Next;
use actix_web::{Error, Resource, web};

use super::endpoints::{
    compare, embeddings, families, health, jobs, page, people, photos, relationships, removals,
    rerank, search,
};
use super::jobs::queue::Jobs;
use super::{metrics, openapi, problem};
use crate::photo::Limits;

/// Maximum size of an archive of photos, in bytes.
const MAX_ARCHIVE_BYTES: usize = 8 << 30;
/// Maximum size of JSON without photos, in bytes.
const MAX_JSON_BYTES: usize = 2 << 20;

/// Registers the handlers and the body limit of each route. Archives are stored in the folder of the jobs.
pub(super) fn routes(config: &mut web::ServiceConfig, jobs: &Jobs) {
    let max_bytes = Limits::default().max_file_bytes as usize;
    // The form's other fields and its framing are small.
    let form = |max_bytes: usize| {
        let config = MultipartFormConfig::default().total_limit(max_bytes + (64 << 10));
        config.error_handler(|error, _| problem::from_multipart(error).into())
    };
    let json = |max_bytes: usize| {
        let config = web::JsonConfig::default().limit(max_bytes);
        config.error_handler(|error, _| problem::from_json(&error).into())
    };
    config
        .app_data(form(max_bytes).memory_limit(max_bytes + (64 << 10)))
        .app_data(json(MAX_JSON_BYTES))
        .service(resource("/").get(page::index))
        .service(resource("/docs").get(page::docs))
        .service(resource("/assets/{name}").get(page::asset))
        .service(resource("/healthz").get(health::healthz))
        .service(resource("/readyz").get(health::readyz))
        .service(resource("/openapi.json").get(openapi::get))
        .service(resource("/metrics").get(metrics::get))
        .service(resource("/info").get(health::info))
        .service(
            resource("/v1/search")
                .app_data(json(max_bytes * 3 / 2))
                .route(web::post().guard(fn_guard(is_json)).to(search::post_json))
                .post(search::post_form),
        )
        .service(resource("/v1/rerank").app_data(json(max_bytes * 3 / 2)).post(rerank::post))
        .service(resource("/v1/compare").post(compare::post))
        .service(resource("/v1/embeddings").post(embeddings::post))
        .service(resource("/v1/families").get(families::list))
        .service(
            resource("/v1/families/{family}")
                .get(families::get)
                .put(families::put)
                .delete(families::delete),
        )
        .service(
            resource("/v1/people/{family}/{member}")
                .get(people::get)
                .put(people::put)
                .delete(people::delete),
        )
        .service(resource("/v1/people/{family}/{member}/photos").post(people::post_photos))
        .service(
            resource("/v1/photos/{family}/{member}/{name}")
                .get(photos::get)
                .put(photos::put)
                .delete(photos::delete),
        )
        .service(resource("/v1/photos/{family}/{member}/{name}/image").get(photos::image))
        .service(
            resource("/v1/relationships")
                .get(relationships::list)
                .put(relationships::put)
                .delete(relationships::delete),
        )
        .service(
            resource("/v1/jobs")
                .app_data(form(MAX_ARCHIVE_BYTES))
                .app_data(TempFileConfig::default().directory(jobs.folder()))
                .get(jobs::list)
                .route(web::post().guard(fn_guard(is_json)).to(jobs::post_folder))
                .post(jobs::post_archive),
        )
        .service(resource("/v1/jobs/{id}").get(jobs::get))
        .service(resource("/v1/jobs/{id}/cancel").post(jobs::cancel))
        .service(resource("/v1/removals").post(removals::post))
        .default_service(web::to(problem::no_such_page));
}

/// Handles HEAD on every route that handles GET. The server leaves the body out.
pub(super) async fn head_as_get(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    next.call(request).await
}

/// Returns whether the content type of a request is JSON.
fn is_json(context: &GuardContext<'_>) -> bool {
    let kind = context.head().headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().starts_with("application/json"))
}

/// Creates a resource that answers unsupported methods with the list of supported ones.
fn resource(path: &str) -> Resource {
    web::resource(path).default_service(web::to(openapi::wrong_method))
}

//! Routes: one table of all endpoints, and their registration.

use std::path::Path;

use actix_multipart::form::MultipartFormConfig;
use actix_multipart::form::tempfile::TempFileConfig;
use actix_web::guard::{GuardContext, fn_guard};
use actix_web::http::Method;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{self, to};
use actix_web::{HttpRequest, HttpResponse, Resource, Route};

use super::endpoints::{
    compare, embeddings, families, health, jobs, metrics, page, people, photos, relationships,
    removals, rerank, search,
};
use super::keys::Scope;
use super::openapi;
use super::problem::{self, Problem};
use super::route_table::{Access, Body, Endpoint, RouteTable};
use crate::error::ErrorKind;

const OPEN: Access = Access::Open;
const SEARCH: Access = Access::Scope(Scope::Search);
const WRITE: Access = Access::Scope(Scope::Write);
const ADMIN: Access = Access::Scope(Scope::Admin);

/// All endpoints. The endpoints of one path stand together.
///
/// Two endpoints of one path and method differ in their body. The one with JSON comes first.
pub(super) const ROUTES: RouteTable = RouteTable(&[
    get("/", OPEN, || to(page::index)),
    get("/docs", OPEN, || to(page::docs)),
    get("/assets/{name}", OPEN, || to(page::asset)),
    get("/openapi.json", OPEN, || to(openapi::get)),
    get("/healthz", OPEN, || to(health::healthz)),
    get("/readyz", OPEN, || to(health::readyz)),
    get("/metrics", ADMIN, || to(metrics::get)),
    get("/info", SEARCH, || to(health::info)),
    post("/v1/search", SEARCH, Body::PhotoJson, || to(search::post_json)),
    post("/v1/search", SEARCH, Body::PhotoForm, || to(search::post_form)),
    post("/v1/rerank", SEARCH, Body::PhotoJson, || to(rerank::post)),
    post("/v1/compare", SEARCH, Body::PhotoForm, || to(compare::post)),
    post("/v1/embeddings", SEARCH, Body::PhotoForm, || to(embeddings::post)),
    get("/v1/families", SEARCH, || to(families::list)),
    get("/v1/families/{family}", SEARCH, || to(families::get)),
    put("/v1/families/{family}", WRITE, Body::Json, || to(families::put)),
    delete("/v1/families/{family}", ADMIN, || to(families::delete)),
    get("/v1/people/{family}/{member}", SEARCH, || to(people::get)),
    put("/v1/people/{family}/{member}", WRITE, Body::PhotoForm, || to(people::put)),
    delete("/v1/people/{family}/{member}", ADMIN, || to(people::delete)),
    post("/v1/people/{family}/{member}/photos", WRITE, Body::PhotoForm, || to(people::post_photos)),
    get("/v1/photos/{family}/{member}/{name}", SEARCH, || to(photos::get)),
    put("/v1/photos/{family}/{member}/{name}", WRITE, Body::PhotoForm, || to(photos::put)),
    delete("/v1/photos/{family}/{member}/{name}", ADMIN, || to(photos::delete)),
    get("/v1/photos/{family}/{member}/{name}/image", SEARCH, || to(photos::image)),
    get("/v1/relationships", SEARCH, || to(relationships::list)),
    put("/v1/relationships", WRITE, Body::Json, || to(relationships::put)),
    delete("/v1/relationships", ADMIN, || to(relationships::delete)),
    get("/v1/jobs", SEARCH, || to(jobs::list)),
    post("/v1/jobs", WRITE, Body::Json, || to(jobs::post_folder)),
    post("/v1/jobs", WRITE, Body::ArchiveForm, || to(jobs::post_archive)),
    get("/v1/jobs/{id}", SEARCH, || to(jobs::get)),
    post("/v1/jobs/{id}/cancel", WRITE, Body::Empty, || to(jobs::cancel)),
    post("/v1/removals", ADMIN, Body::Json, || to(removals::post)),
]);

const fn get(path: &'static str, access: Access, handler: fn() -> Route) -> Endpoint {
    Endpoint { path, method: Method::GET, access, body: Body::Empty, handler }
}

const fn delete(path: &'static str, access: Access, handler: fn() -> Route) -> Endpoint {
    Endpoint { path, method: Method::DELETE, access, body: Body::Empty, handler }
}

const fn post(path: &'static str, access: Access, body: Body, handler: fn() -> Route) -> Endpoint {
    Endpoint { path, method: Method::POST, access, body, handler }
}

const fn put(path: &'static str, access: Access, body: Body, handler: fn() -> Route) -> Endpoint {
    Endpoint { path, method: Method::PUT, access, body, handler }
}

/// Registers all endpoints. Uploaded archives are stored in `archive_dir`.
pub(super) fn configure(config: &mut web::ServiceConfig, archive_dir: &Path) {
    for endpoints in ROUTES.0.chunk_by(|a, b| a.path == b.path) {
        config.service(resource(endpoints, archive_dir));
    }
    config.default_service(to(no_such_page));
}

/// Creates the resource of the endpoints of one path.
fn resource(endpoints: &[Endpoint], archive_dir: &Path) -> Resource {
    let mut resource = web::resource(endpoints[0].path).default_service(to(wrong_method));
    for endpoint in endpoints {
        let max_bytes = endpoint.body.max_bytes();
        resource = match endpoint.body {
            Body::Empty => resource,
            Body::Json | Body::PhotoJson => resource.app_data(json_config(max_bytes)),
            Body::PhotoForm => resource.app_data(form_config(max_bytes).memory_limit(max_bytes)),
            Body::ArchiveForm => resource
                .app_data(form_config(max_bytes))
                .app_data(TempFileConfig::default().directory(archive_dir)),
        };
        let mut route = (endpoint.handler)().method(endpoint.method.clone());
        let same_method = endpoints.iter().filter(|other| other.method == endpoint.method);
        if same_method.count() > 1 && matches!(endpoint.body, Body::Json | Body::PhotoJson) {
            route = route.guard(fn_guard(is_json));
        }
        resource = resource.route(route);
    }
    resource
}

fn json_config(max_bytes: usize) -> web::JsonConfig {
    let config = web::JsonConfig::default().limit(max_bytes);
    config.error_handler(|error, _| problem::from_json(&error).into())
}

fn form_config(max_bytes: usize) -> MultipartFormConfig {
    let config = MultipartFormConfig::default().total_limit(max_bytes);
    config.error_handler(|error, _| problem::from_multipart(error).into())
}

/// Returns whether the content type of a request is JSON.
fn is_json(context: &GuardContext<'_>) -> bool {
    let kind = context.head().headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().starts_with("application/json"))
}

/// Answers a request with a method that the path does not support.
async fn wrong_method(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let path = request.match_pattern().unwrap_or_default();
    Err(Problem::wrong_method(ROUTES.methods(&path).join(", ")))
}

async fn no_such_page() -> Result<HttpResponse, Problem> {
    Err(Problem::new(ErrorKind::NotFound, "there is nothing at this address"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Paths of the web page and of the document itself.
    const UNDOCUMENTED: [&str; 4] = ["/", "/docs", "/assets/{name}", "/openapi.json"];

    #[test]
    fn table_and_document_have_the_same_endpoints() {
        let endpoints = ROUTES.0.iter().filter(|endpoint| !UNDOCUMENTED.contains(&endpoint.path));
        let in_table: BTreeSet<(&str, &str)> =
            endpoints.map(|endpoint| (endpoint.path, endpoint.method.as_str())).collect();
        let mut in_document = BTreeSet::new();
        for (path, item) in &openapi::document().paths.paths {
            let operations = [
                ("DELETE", &item.delete),
                ("GET", &item.get),
                ("PATCH", &item.patch),
                ("POST", &item.post),
                ("PUT", &item.put),
            ];
            let found = operations.iter().filter(|(_, operation)| operation.is_some());
            in_document.extend(found.map(|(method, _)| (path.as_str(), *method)));
        }
        assert_eq!(in_table, in_document);
    }

    #[test]
    fn document_states_which_endpoints_need_no_key() {
        for (path, item) in &openapi::document().paths.paths {
            let Some(operation) = &item.get else { continue };
            let is_open = ROUTES.access(&Method::GET, path) == Access::Open;
            assert_eq!(operation.security.is_some(), is_open, "{path}");
        }
    }

    #[test]
    fn endpoints_of_one_path_stand_together() {
        let paths: BTreeSet<&str> = ROUTES.0.iter().map(|endpoint| endpoint.path).collect();
        assert_eq!(ROUTES.0.chunk_by(|a, b| a.path == b.path).count(), paths.len());
    }

    #[test]
    fn access_follows_the_table() {
        let access = |method: Method, path: &str| ROUTES.access(&method, path);
        assert_eq!(access(Method::GET, "/healthz"), OPEN);
        assert_eq!(access(Method::DELETE, "/v1/families/{family}"), ADMIN);
        assert_eq!(access(Method::POST, "/v1/jobs"), WRITE);
        assert_eq!(access(Method::GET, ""), SEARCH, "no endpoint");
    }

    #[test]
    fn only_uploads_of_archives_have_no_timeout() {
        assert!(!ROUTES.has_timeout(&Method::POST, "/v1/jobs"));
        assert!(ROUTES.has_timeout(&Method::GET, "/v1/jobs"));
        assert!(ROUTES.has_timeout(&Method::POST, "/v1/search"));
    }

    #[test]
    fn methods_of_a_path_are_sorted_without_duplicates() {
        assert_eq!(ROUTES.methods("/v1/jobs"), ["GET", "POST"]);
        assert_eq!(ROUTES.methods("/v1/families/{family}"), ["DELETE", "GET", "PUT"]);
    }
}

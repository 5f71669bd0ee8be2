//! The web page, served from the files of [`crate::web`].

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use actix_web::web::Path;

use crate::api::problem::Problem;
use crate::error::ErrorKind;
use crate::web::{ASSETS, DOCS, INDEX};

/// Content security policy. It permits only this service's files, and images in blobs of the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      img-src 'self' blob:; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

pub(in crate::api) async fn index() -> HttpResponse {
    file("text/html; charset=utf-8", INDEX)
}

/// Returns the documentation page, which renders `/openapi.json`.
pub(in crate::api) async fn docs() -> HttpResponse {
    file("text/html; charset=utf-8", DOCS)
}

pub(in crate::api) async fn asset(name: Path<String>) -> Result<HttpResponse, Problem> {
    let asset = ASSETS.iter().find(|(asset, _)| *asset == *name);
    let (name, text) = asset
        .ok_or_else(|| Problem::new(ErrorKind::NotFound, "the page has no file of this name"))?;
    Ok(file(kind(name), text))
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.') {
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        _ => "image/svg+xml",
    }
}

/// Returns a file that browsers must revalidate each time.
///
/// Another version of the program has other files.
fn file(kind: &str, text: &'static str) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.content_type(kind).insert_header((CONTENT_SECURITY_POLICY, POLICY));
    response.insert_header((CACHE_CONTROL, "no-cache"));
    response.insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    response.body(text)
}

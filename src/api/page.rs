//! The web page: static files in the program. They load nothing from other servers.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpResponse, web};

use super::problem::Problem;
use crate::error::ErrorKind;

const INDEX: &str = include_str!("page/index.html");
const DOCS: &str = include_str!("page/docs.html");

/// Files by their names under `/assets`.
const ASSETS: [(&str, &str); 28] = [
    ("api.js", include_str!("page/api.js")),
    ("app.js", include_str!("page/app.js")),
    ("card.js", include_str!("page/card.js")),
    ("curl.js", include_str!("page/curl.js")),
    ("dialog.js", include_str!("page/dialog.js")),
    ("docs.js", include_str!("page/docs.js")),
    ("dom.js", include_str!("page/dom.js")),
    ("enrol.js", include_str!("page/enrol.js")),
    ("families.js", include_str!("page/families.js")),
    ("generations.js", include_str!("page/generations.js")),
    ("icon.svg", include_str!("page/icon.svg")),
    ("jobs.js", include_str!("page/jobs.js")),
    ("key.js", include_str!("page/key.js")),
    ("operation.js", include_str!("page/operation.js")),
    ("people.js", include_str!("page/people.js")),
    ("photos.js", include_str!("page/photos.js")),
    ("picker.js", include_str!("page/picker.js")),
    ("probe.js", include_str!("page/probe.js")),
    ("problem.js", include_str!("page/problem.js")),
    ("progress.js", include_str!("page/progress.js")),
    ("relations.js", include_str!("page/relations.js")),
    ("removal.js", include_str!("page/removal.js")),
    ("results.js", include_str!("page/results.js")),
    ("schema.js", include_str!("page/schema.js")),
    ("search.js", include_str!("page/search.js")),
    ("style.css", include_str!("page/style.css")),
    ("tree.js", include_str!("page/tree.js")),
    ("words.js", include_str!("page/words.js")),
];

/// Content security policy. It permits only this service's files, and images that the page holds as blobs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) async fn index() -> HttpResponse {
    file("text/html; charset=utf-8", INDEX)
}

/// Returns the documentation page, which renders `/openapi.json`.
pub(super) async fn docs() -> HttpResponse {
    file("text/html; charset=utf-8", DOCS)
}

pub(super) async fn asset(name: web::Path<String>) -> Result<HttpResponse, Problem> {
    let found = ASSETS.iter().find(|(own, _)| *own == *name);
    let (name, text) = found
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

/// Returns a file that browsers must revalidate each time. Another version of the program has other files.
fn file(kind: &str, text: &'static str) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.content_type(kind).insert_header((CONTENT_SECURITY_POLICY, POLICY));
    response.insert_header((CACHE_CONTROL, "no-cache"));
    response.insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    response.body(text)
}

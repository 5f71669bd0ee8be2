//! `GET /healthz`: the process answers. `GET /readyz`: it can answer searches.

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::problem::Problem;
use super::server::State;

pub(super) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

/// The gallery and the model are loaded before the server listens, so it is ready as soon as it answers.
pub(super) async fn readyz(state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let photos = state.gallery.photo_count()?;
    let model = state.model.space().fingerprint.to_string();
    Ok(HttpResponse::Ok().json(json!({ "status": "ready", "photos": photos, "model": model })))
}

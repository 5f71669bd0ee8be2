//! `GET /healthz`: the process answers. `GET /readyz`: it can answer searches.

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::server::State;

pub(super) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

/// The gallery and the model are loaded before the server listens, so it is ready as soon as it answers.
pub(super) async fn readyz(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "status": "ready",
        "photos": state.snapshot.photo_count(),
        "model": state.model.space().fingerprint.to_string(),
    }))
}

//! `GET /healthz`: the process answers. `GET /readyz`: it can answer searches. `GET /info`: with what, and how much may be asked.

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::problem::Problem;
use super::server::State;
use super::upload::MAX_PHOTOS;
use crate::photo::Limits;
use crate::search::Options;

pub(super) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

/// The gallery and the model are loaded before the server listens, so it is ready as soon as it answers.
pub(super) async fn readyz(state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let photos = state.gallery.photo_count()?;
    let model = state.model.space().fingerprint.to_string();
    Ok(HttpResponse::Ok().json(json!({ "status": "ready", "photos": photos, "model": model })))
}

pub(super) async fn info(state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let space = state.model.space();
    Ok(HttpResponse::Ok().json(json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "model": {
            "fingerprint": space.fingerprint.to_string(),
            "dimensions": space.dimensions,
            "has_ensemble": state.model.ensemble().is_some(),
        },
        "gallery": { "photos": state.gallery.photo_count()? },
        "limits": {
            "photos": MAX_PHOTOS,
            "file_bytes": Limits::default().max_file_bytes,
            "limit": Options::MAX_LIMIT,
            "candidates": Options::MAX_CANDIDATES,
            "ef": Options::MAX_EF,
        },
    })))
}

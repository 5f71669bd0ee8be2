//! `GET /metrics`: metrics of the service in the text format of Prometheus.

use actix_web::{HttpResponse, web};

use crate::api::problem::{Problem, Problems};
use crate::api::state::State;
use crate::error::ErrorKind;

/// Media type of the metrics.
const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "service",
    summary = "Metrics for Prometheus",
    responses(
        (
            status = 200,
            description = "The metrics",
            body = String,
            content_type = "application/openmetrics-text",
        ),
        Problems,
    ),
)]
pub(in crate::api) async fn get(state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let text = state
        .metrics
        .encode(state.gallery.photo_count()?)
        .map_err(|error| Problem::new(ErrorKind::Internal, error.to_string()))?;
    Ok(HttpResponse::Ok().content_type(MEDIA_TYPE).body(text))
}

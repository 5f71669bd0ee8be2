//! `GET /metrics`: metrics of the service in the text format of Prometheus.

use std::sync::atomic::AtomicU64;

use actix_web::{HttpResponse, web};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use super::problem::{Problem, Problems};
use super::server::State;

/// Method, route and status of a request. The route is its pattern, as an address may name a person.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) route: String,
    pub(super) status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Stage {
    stage: &'static str,
}

/// Metrics of the service.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    seconds: Family<Stage, Histogram>,
    batch: Histogram,
    /// Number of faces that wait for the model.
    pub(super) queue: Gauge,
    photos: Gauge<u64, AtomicU64>,
}

impl Metrics {
    pub(super) fn new() -> Self {
        // From a millisecond to half a minute.
        let seconds = Family::<Stage, Histogram>::new_with_constructor(|| {
            Histogram::new(exponential_buckets(0.001, 2.0, 16))
        });
        let batch = Histogram::new((1..=super::model_queue::MAX_BATCH).map(|size| size as f64));
        let requests = Family::default();
        let queue = Gauge::default();
        let photos = Gauge::default();
        let mut registry = Registry::with_prefix("kindred");
        registry.register("requests", "Requests answered", requests.clone());
        let help = "Duration of requests and of their stages";
        registry.register_with_unit("duration", help, Unit::Seconds, seconds.clone());
        registry.register("model_batch_faces", "Faces embedded together", batch.clone());
        registry.register("model_queue_faces", "Faces that wait for the model", queue.clone());
        registry.register("gallery_photos", "Photos enrolled", photos.clone());
        Self { registry, requests, seconds, batch, queue, photos }
    }

    /// Counts an answered request and its duration.
    pub(super) fn answered(&self, request: Request, seconds: f64) {
        self.requests.get_or_create(&request).inc();
        self.took("request", seconds);
    }

    /// Records the duration of a stage of a request.
    pub(super) fn took(&self, stage: &'static str, seconds: f64) {
        self.seconds.get_or_create(&Stage { stage }).observe(seconds);
    }

    /// Records the number of faces embedded together.
    pub(super) fn embedded(&self, faces: usize) {
        self.batch.observe(faces as f64);
    }
}

#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "service",
    summary = "Figures for Prometheus",
    responses((status = 200, description = "The figures", body = String, content_type = "application/openmetrics-text"), Problems),
)]
pub(super) async fn get(state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let Metrics { registry, photos, .. } = &*state.metrics;
    photos.set(state.gallery.photo_count()? as u64);
    let mut figures = String::new();
    let failed =
        |error: std::fmt::Error| Problem::new(crate::error::ErrorKind::Internal, error.to_string());
    text::encode(&mut figures, registry).map_err(failed)?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(HttpResponse::Ok().content_type(kind).body(figures))
}

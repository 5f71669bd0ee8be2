//! Metrics of the service, in the text format of Prometheus.

use std::fmt;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// Maximum number of photos that the model embeds together.
pub(super) const MAX_BATCH: usize = 8;

/// Method, route and status of a request. The route is its pattern, as a path may name a person.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RequestLabels {
    pub(super) method: String,
    pub(super) route: String,
    pub(super) status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StageLabels {
    stage: &'static str,
}

/// Metrics of the service.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<StageLabels, Histogram>,
    batch: Histogram,
    /// Number of faces that wait for the model.
    pub(super) queue: Gauge,
    photos: Gauge<u64, AtomicU64>,
}

impl Metrics {
    pub(super) fn new() -> Self {
        // From a millisecond to half a minute.
        let seconds = Family::<StageLabels, Histogram>::new_with_constructor(|| {
            Histogram::new(exponential_buckets(0.001, 2.0, 16))
        });
        let batch = Histogram::new((1..=MAX_BATCH).map(|size| size as f64));
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

    /// Counts an answered request and records its duration.
    pub(super) fn record_request(&self, labels: &RequestLabels, seconds: f64) {
        self.requests.get_or_create(labels).inc();
        self.record_stage("request", seconds);
    }

    /// Records the duration of a stage of a request.
    pub(super) fn record_stage(&self, stage: &'static str, seconds: f64) {
        self.seconds.get_or_create(&StageLabels { stage }).observe(seconds);
    }

    /// Records the number of faces embedded together.
    pub(super) fn record_batch(&self, faces: usize) {
        self.batch.observe(faces as f64);
    }

    /// Returns all metrics as text, for a gallery with this number of photos.
    ///
    /// # Errors
    /// If a metric cannot be written as text.
    pub(super) fn encode(&self, photos: usize) -> Result<String, fmt::Error> {
        self.photos.set(photos as u64);
        let mut encoded = String::new();
        text::encode(&mut encoded, &self.registry)?;
        Ok(encoded)
    }
}

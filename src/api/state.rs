//! State that the handlers share, and configuration of the service.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use super::audit_log::AuditLog;
use super::jobs::queue::Jobs;
use super::keys::KeyRing;
use super::metrics::Metrics;
use super::model_queue::ModelQueue;
use crate::bundle::Bundle;
use crate::gallery::Gallery;
use crate::pipeline::Thumbnails;
use crate::search::ReferenceCache;
use crate::wire::Priors;

/// Gallery, bundle and configuration that answer requests.
pub struct Service {
    /// The gallery.
    pub gallery: Box<dyn Gallery>,
    /// Folder of the API keys, the audit trail and the jobs.
    pub data_dir: PathBuf,
    /// The bundle that made the gallery's embeddings.
    pub bundle: Bundle,
    /// Limits on requests, and storage of their data.
    pub config: ServiceConfig,
}

/// Configuration of the service: limits on requests, and storage of their data.
#[derive(Clone, Debug)]
pub struct ServiceConfig {
    /// Whether the service stores a thumbnail of each added photo.
    pub keep_photos: bool,
    /// Folder from which jobs may read photos. `None` forbids it.
    pub photo_root: Option<PathBuf>,
    /// Maximum duration of a request.
    pub request_time: Duration,
    /// Maximum number of requests a second of each key. `None` sets no limit.
    pub requests_per_second: Option<NonZeroU32>,
    /// Origins of other sites. Their pages may send requests with a key. Empty by default.
    pub allowed_origins: Vec<String>,
    /// Number of days for which the audit trail is retained.
    pub audit_days: u32,
    /// Assumptions of a search if the request states none.
    pub priors: Priors,
}

/// State that the handlers share.
pub(super) struct State {
    pub(super) config: ServiceConfig,
    pub(super) gallery: Box<dyn Gallery>,
    pub(super) references: ReferenceCache,
    pub(super) model: ModelQueue,
    pub(super) jobs: Jobs,
    pub(super) keys: KeyRing,
    pub(super) audit_log: AuditLog,
    pub(super) metrics: Arc<Metrics>,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self {
            keep_photos: false,
            photo_root: None,
            request_time: Duration::from_secs(60),
            requests_per_second: None,
            allowed_origins: Vec::new(),
            audit_days: 365,
            priors: Priors::default(),
        }
    }
}

impl ServiceConfig {
    /// Returns whether thumbnails of added photos are created.
    pub(super) fn thumbnails(&self) -> Thumbnails {
        if self.keep_photos { Thumbnails::Create } else { Thumbnails::Skip }
    }
}

impl State {
    /// Opens the data directory and starts the model's thread.
    ///
    /// # Errors
    /// If the data directory cannot be created or read.
    pub(super) fn new(service: Service) -> io::Result<Self> {
        let Service { gallery, data_dir, bundle, config } = service;
        fs::create_dir_all(&data_dir)?;
        let metrics = Arc::new(Metrics::new());
        Ok(Self {
            jobs: Jobs::open(&data_dir)?,
            keys: KeyRing::new(&data_dir),
            audit_log: AuditLog::new(&data_dir, config.audit_days),
            model: ModelQueue::start(bundle, Arc::clone(&metrics)),
            metrics,
            references: ReferenceCache::default(),
            config,
            gallery,
        })
    }
}

//! Server: bind, run and shut down.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::{io, thread};

use actix_cors::Cors;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, dev, web};

use super::audit_log::{self, Audit};
use super::error::ServeError;
use super::jobs::queue::{self, Jobs};
use super::keys::KeyRing;
use super::metrics::Metrics;
use super::middleware::access::{self, Rate};
use super::middleware::request_id;
use super::model_queue::ModelQueue;
use super::routes::{head_as_get, routes};
use crate::bundle::Bundle;
use crate::gallery::Gallery;
use crate::search::{Options, ReferenceCache};

/// Gallery, bundle and configuration that answer requests.
pub struct Service {
    /// The gallery.
    pub gallery: Box<dyn Gallery>,
    /// Folder of the API keys, the audit trail and the jobs.
    pub data_dir: PathBuf,
    /// The bundle that made the gallery's embeddings.
    pub bundle: Bundle,
    /// Limits on requests, and storage of their data.
    pub terms: ServiceConfig,
}

/// Configuration of the service: limits on requests, and storage of their data.
#[derive(Clone, Debug)]
pub struct ServiceConfig {
    /// Whether the service stores a thumbnail of each enrolled photo.
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

/// Assumptions of a search if the request states none.
#[derive(Clone, Copy, Debug)]
pub struct Priors {
    /// Expected number of relatives of the probe among the people searched.
    pub expected_relatives: f64,
    /// Share of probes without a relative for which a person may be marked as kin, 0 to 1.
    pub max_false_positive_rate: f64,
}

impl Default for Priors {
    fn default() -> Self {
        Self {
            expected_relatives: Options::DEFAULT_EXPECTED_RELATIVES,
            max_false_positive_rate: Options::DEFAULT_FALSE_POSITIVE_RATE,
        }
    }
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

/// A server that listens but does not answer yet.
pub struct Server {
    server: dev::Server,
    address: SocketAddr,
    state: Arc<State>,
}

/// State that the handlers share.
pub(super) struct State {
    pub(super) gallery: Box<dyn Gallery>,
    pub(super) references: ReferenceCache,
    pub(super) priors: Priors,
    pub(super) model: ModelQueue,
    pub(super) keep_photos: bool,
    pub(super) photo_root: Option<PathBuf>,
    pub(super) jobs: Jobs,
    pub(super) request_time: Duration,
    pub(super) rate: Rate,
    pub(super) keys: KeyRing,
    pub(super) audit: Audit,
    pub(super) metrics: Arc<Metrics>,
}

/// Seconds that requests in progress have to finish when the server stops.
const SHUTDOWN_SECONDS: u64 = 30;

impl Server {
    /// Listens on `address`. Port 0 takes any free port.
    ///
    /// # Errors
    /// - The address is in use.
    /// - The operating system refuses the address.
    /// - Other machines can reach the address, and the gallery has no API key.
    pub fn bind(service: Service, address: SocketAddr) -> Result<Self, ServeError> {
        let unusable = |source| ServeError::Io { address, source };
        let allowed_origins = service.terms.allowed_origins.clone();
        let state = State::new(service).map_err(unusable)?;
        if !address.ip().is_loopback() && !state.keys.is_locked()? {
            return Err(ServeError::NotLoopback { address });
        }
        let state = web::Data::new(state);
        let app_state = state.clone();
        let origins = allowed_origins;
        let app = move || {
            App::new()
                .app_data(app_state.clone())
                .configure(|config| routes(config, &app_state.jobs))
                .wrap(from_fn(audit_log::remember))
                .wrap(from_fn(access::check))
                .wrap(cors(&origins))
                .wrap(from_fn(request_id::attach))
                .wrap(from_fn(head_as_get))
        };
        let server = HttpServer::new(app).shutdown_timeout(SHUTDOWN_SECONDS);
        let server = server.bind(address).map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => ServeError::AddressInUse { address },
            _ => ServeError::Io { address, source },
        })?;
        let address = server.addrs().first().copied().unwrap_or(address);
        Ok(Self { server: server.run(), address, state: state.into_inner() })
    }

    /// Returns the address on which the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns a function that stops the server as a signal does. It also works before the server answers.
    pub fn stopper(&self) -> impl Fn() + Send + 'static {
        let handle = self.server.handle();
        // The stop request is sent at once. No caller waits for its completion here.
        move || drop(handle.stop(true))
    }

    /// Answers requests and runs jobs until SIGTERM or SIGINT.
    ///
    /// Requests in progress finish first. The next server resumes a job in progress.
    ///
    /// # Errors
    /// If the server's threads fail.
    pub fn run(self) -> Result<(), ServeError> {
        let Self { server, address, state } = self;
        thread::scope(|scope| {
            scope.spawn(|| queue::work(&state));
            let ended = actix_web::rt::System::new().block_on(server);
            state.jobs.close_all();
            ended.map_err(|source| ServeError::Io { address, source })
        })
    }
}

/// Returns the CORS rules for these origins. A browser sends a preflight request first, without a key.
fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default().allow_any_method().allow_any_header().max_age(3600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

impl State {
    fn new(Service { gallery, data_dir, bundle, terms }: Service) -> io::Result<Self> {
        let metrics = Arc::new(Metrics::new());
        Ok(Self {
            keep_photos: terms.keep_photos,
            photo_root: terms.photo_root,
            jobs: Jobs::of(&data_dir)?,
            request_time: terms.request_time,
            rate: Rate::new(terms.requests_per_second),
            keys: KeyRing::of(&data_dir),
            audit: Audit::of(&data_dir, terms.audit_days),
            model: ModelQueue::start(bundle, Arc::clone(&metrics)),
            metrics,
            references: ReferenceCache::default(),
            priors: terms.priors,
            gallery,
        })
    }
}

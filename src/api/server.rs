//! Server: bind, run and shut down.

use std::net::SocketAddr;
use std::sync::Arc;
use std::{io, thread};

use actix_cors::Cors;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, dev, web};

use super::error::ServeError;
use super::jobs::runner::JobRunner;
use super::middleware::rate_limit::{self, RateLimits};
use super::middleware::{audit, auth, head, origin, request_id, timeout};
use super::routes::{self, ROUTES};
use super::state::{Service, State};

/// A server that listens but does not answer yet.
pub struct Server {
    server: dev::Server,
    address: SocketAddr,
    state: Arc<State>,
}

/// Seconds that requests in progress have to finish when the server stops.
const SHUTDOWN_SECONDS: u64 = 30;

impl Server {
    /// Listens on `address`. Port 0 takes any free port.
    ///
    /// # Errors
    /// - The address is in use.
    /// - The operating system refuses the address or the data directory.
    /// - Other machines can reach the address, and the service has no API key.
    pub fn bind(service: Service, address: SocketAddr) -> Result<Self, ServeError> {
        let state = State::new(service).map_err(|source| ServeError::Io { address, source })?;
        if !address.ip().is_loopback() && !state.keys.is_locked()? {
            return Err(ServeError::NotLoopback { address });
        }
        let rate_limits = web::Data::new(RateLimits::new(state.config.requests_per_second));
        let route_table = web::Data::new(ROUTES);
        let state = web::Data::new(state);
        let app_state = state.clone();
        let server = HttpServer::new(move || {
            // The last middleware sees a request first.
            App::new()
                .app_data(app_state.clone())
                .app_data(rate_limits.clone())
                .app_data(route_table.clone())
                .configure(|config| routes::configure(config, app_state.jobs.folder()))
                .wrap(from_fn(audit::record))
                .wrap(from_fn(timeout::limit))
                .wrap(from_fn(auth::authorize))
                .wrap(from_fn(rate_limit::limit))
                .wrap(from_fn(origin::check))
                .wrap(from_fn(auth::authenticate))
                .wrap(cors(&app_state.config.allowed_origins))
                .wrap(from_fn(request_id::attach))
                .wrap(from_fn(head::handle_as_get))
        });
        let server = server.shutdown_timeout(SHUTDOWN_SECONDS);
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

    /// Returns whether requests need an API key.
    ///
    /// # Errors
    /// If the file of the keys cannot be read or parsed.
    pub fn needs_key(&self) -> Result<bool, ServeError> {
        Ok(self.state.keys.is_locked()?)
    }

    /// Returns a function that stops the server as a signal does.
    ///
    /// It also works before the server answers.
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
        let runner = JobRunner {
            jobs: &state.jobs,
            gallery: &*state.gallery,
            bundle: state.model.bundle(),
            photo_root: state.config.photo_root.as_deref(),
            thumbnails: state.config.thumbnails(),
        };
        thread::scope(|scope| {
            scope.spawn(|| runner.run());
            let ended = actix_web::rt::System::new().block_on(server);
            state.jobs.close();
            ended.map_err(|source| ServeError::Io { address, source })
        })
    }
}

/// Returns the CORS rules for these origins.
///
/// A browser sends a preflight request first, without a key.
fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default().allow_any_method().allow_any_header().max_age(3600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

//! The service's log, on standard error.

use tracing_subscriber::EnvFilter;

/// Starts logging; `RUST_LOG` chooses what, requests and warnings unless told.
///
/// Nothing that names a person may be logged: no path, photo, identity or embedding.
pub fn start() {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,kindred=info"));
    // A second start in one process, as in tests, keeps the first.
    let _ =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

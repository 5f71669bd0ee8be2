//! `kindred serve`

use clap::Args;

use super::exit::{ExitStatus, Failure};
use super::output::line;
use super::settings::Given;
use crate::api::{Server, Service};
use crate::telemetry;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    given: Given,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let settings = arguments.given.settings()?;
    telemetry::start(settings.log_format);
    let (gallery, bundle) = settings.opened()?.open()?;
    // Read before the first request arrives.
    let photos = gallery.snapshot()?.photo_count();
    let service = Service { gallery, bundle, config: settings.service_config() };
    let server = Server::bind(service, settings.listen)?;
    let needs_key = server.needs_key()?;
    line!("{photos} photos at http://{}, stop with Ctrl-C", server.address());
    if !needs_key {
        line!(
            "without API keys: for programs and people on this machine only (kindred keys create)"
        );
    }
    server.run()?;
    Ok(ExitStatus::Done)
}

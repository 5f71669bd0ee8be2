//! `kindred serve`

use clap::Args;

use super::exit::{ExitStatus, Failure};
use super::output::line;
use super::settings::Given;
use crate::api::keys::KeyRing;
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
    let opened = settings.opened()?;
    let (gallery, bundle) = opened.open()?;
    // The keys, the audit trail and the jobs lie in the gallery's folder.
    let data_dir = opened.gallery;
    // Read before the first request arrives.
    let photos = gallery.view()?.photo_count();
    let is_locked = KeyRing::of(&data_dir).is_locked()?;
    let service = Service { gallery, data_dir, bundle, terms: settings.terms() };
    let server = Server::bind(service, settings.listen)?;
    line!("{photos} photos at http://{}, stop with Ctrl-C", server.address());
    if !is_locked {
        line!(
            "without API keys: for programs and people on this machine only (kindred keys create)"
        );
    }
    server.run()?;
    Ok(ExitStatus::Done)
}

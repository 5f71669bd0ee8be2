//! `kindred serve`

pub(super) mod settings;

use settings::SettingsArgs;

use crate::api::{Server, Service};
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::line;
use crate::telemetry;

const EXAMPLES: &str = "\
Examples:
  kindred serve --gallery my-gallery
  kindred serve --gallery my-gallery --keep-photos --listen 127.0.0.1:9000
  kindred serve --config kindred.toml";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let settings = args.settings.effective()?;
    telemetry::start(settings.log_format);
    let (gallery, bundle) = settings.gallery_args()?.open()?;
    // Read before the first request arrives.
    let photos = gallery.view()?.photo_count();
    let data_dir = settings.data_dir().to_owned();
    let service = Service { gallery, data_dir, bundle, config: settings.service_config() };
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

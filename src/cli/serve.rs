//! `kindred serve`

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::compute::Compute;
use super::exit::{Ending, Failure};
use super::search::load_bundle;
use crate::api::{Server, Service};
use crate::gallery::Gallery;
use crate::telemetry;

#[derive(Args)]
pub(super) struct Arguments {
    /// Folder of the gallery
    #[arg(long)]
    gallery: PathBuf,
    /// Folder of the model bundle, if it is no longer where the gallery was made with it
    #[arg(long, value_name = "BUNDLE")]
    model: Option<PathBuf>,
    #[command(flatten)]
    compute: Compute,
    /// Address and port; port 0 takes any free one
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

#[expect(clippy::print_stdout, reason = "the address is the command's output")]
pub(super) fn run(arguments: &Arguments) -> Result<Ending, Failure> {
    telemetry::start();
    let gallery = Gallery::open(&arguments.gallery)?;
    let embedder = load_bundle(&gallery, (arguments.model.as_deref(), &arguments.compute))?;
    let snapshot = gallery.snapshot()?;
    let photos = snapshot.photos().len();
    let server = Server::bind(Service { snapshot, embedder }, arguments.listen)?;
    println!("{photos} photos at http://{}, stop with Ctrl-C", server.address());
    server.run()?;
    Ok(Ending::Done)
}

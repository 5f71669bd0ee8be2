//! `kindred serve`

use std::net::SocketAddr;

use clap::Args;

use super::exit::{Ending, Failure};
use super::opened::Opened;
use crate::api::{Server, Service};
use crate::telemetry;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    opened: Opened,
    /// Address and port; port 0 takes any free one
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Keep a small picture of each photo that is enrolled
    #[arg(long)]
    keep_photos: bool,
}

#[expect(clippy::print_stdout, reason = "the address is the command's output")]
pub(super) fn run(arguments: &Arguments) -> Result<Ending, Failure> {
    telemetry::start();
    let (gallery, embedder) = arguments.opened.open()?;
    // Read before the first request comes.
    let photos = gallery.snapshot()?.photo_count();
    let server = Server::bind(
        Service { gallery, embedder, keep_photos: arguments.keep_photos },
        arguments.listen,
    )?;
    println!("{photos} photos at http://{}, stop with Ctrl-C", server.address());
    server.run()?;
    Ok(Ending::Done)
}

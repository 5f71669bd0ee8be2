//! `kindred demo`

use std::io::{IsTerminal, stdout};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::{Ending, Failure};
use super::progress::Display;
use super::search::{embed, print_answer, read_face};
use crate::api::{Server, Service, Terms};
use crate::backbone::{Device, Precision};
use crate::dataset::{Source, read_relationships};
use crate::domain::Progress;
use crate::embedder::{Embedder, write_builtin};
use crate::error::{ErrorKind, io_kind};
use crate::gallery::{Filter, Gallery, Selection, Snapshot};
use crate::ingest::{Plan, ingest, relate};
use crate::search::{Options, Probe, Query, search};
use crate::synthesis::{self, synthesize};

#[derive(Args)]
pub(super) struct Arguments {
    /// Folder for the photos, the model and the gallery, which stay there; a temporary one, which does not, unless given
    dir: Option<PathBuf>,
    /// Address and port; port 0 takes any free one
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Families to draw
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=9999))]
    families: u32,
    /// Seed of the families
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The folder of a demonstration; removed when it is dropped if it is a temporary one.
struct Place {
    folder: PathBuf,
    is_temporary: bool,
}

impl Place {
    fn new(dir: Option<&Path>) -> Result<Self, Failure> {
        let temporary =
            || std::env::temp_dir().join(format!("kindred-demo-{}", std::process::id()));
        let folder = dir.map_or_else(temporary, Path::to_owned);
        std::fs::create_dir_all(&folder).map_err(|error| {
            Failure::new(io_kind(&error), format!("cannot make {}: {error}", folder.display()))
        })?;
        Ok(Self { folder, is_temporary: dir.is_none() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.is_temporary {
            // Whatever cannot be removed is in the folder for such things.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Ending, Failure> {
    let place = Place::new(arguments.dir.as_deref())?;
    let display = Display::start()?;
    let model = place.folder.join("model");
    write_builtin(&model)?;
    let embedder = Embedder::load(&model, Device::Cpu, Precision::F32)?;
    let photos = place.folder.join("photos");
    if !photos.exists() {
        let plan = synthesis::Plan { families: arguments.families, seed: arguments.seed };
        if synthesize(&photos, plan, &display)?.is_none() {
            return Ok(Ending::Stopped);
        }
    }
    let gallery = place.folder.join("gallery");
    let gallery = Gallery::open_or_create(&gallery, embedder.space(), &model)?;
    let plan = Plan::new(Source::open(&photos)?)?.with_thumbnails(true);
    let report = ingest(plan, &gallery, &embedder, &display)?;
    if report.cancelled {
        return Ok(Ending::Stopped);
    }
    relate(&gallery, &read_relationships(&photos.join("relationships.csv"))?)?;
    display.finish();
    show(&photos, (&*gallery.snapshot()?, &embedder))?;
    let server = Server::bind(
        Service { gallery, embedder, terms: Terms { keep_photos: true, ..Terms::default() } },
        arguments.listen,
    )?;
    display.hand_over(server.stopper());
    if display.cancelled() {
        return Ok(Ending::Stopped);
    }
    serve(server, (report.enrolled + report.known, &photos))
}

/// A photo to search with.
const PROBE: &str = "F0001/MID1/P00001_face0.jpg";

/// Searches with a photo of the sample, and shows what is found, on a terminal.
#[expect(clippy::print_stdout, reason = "the demonstration is the command's output")]
fn show(photos: &Path, (snapshot, embedder): (&Snapshot, &Embedder)) -> Result<(), Failure> {
    if !stdout().is_terminal() {
        return Ok(());
    }
    let probe = photos.join(PROBE);
    println!("These people are drawn; none of them exists. Searching with {PROBE}:\n");
    let (face, hash) = read_face(&probe, embedder)?;
    let embedded = embed(embedder, vec![(face, hash)])?;
    let query = Query::Relatives(Probe { photos: &embedded });
    let filter = Filter::without(Selection::of_files(vec![hash]));
    let options = Options { limit: 5, filter, ..Options::default() };
    print_answer(&search((snapshot, embedder.ensemble()), &query, &options)?);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the address is the command's output")]
fn serve(server: Server, (count, photos): (usize, &Path)) -> Result<Ending, Failure> {
    let address = server.address();
    println!("\n{count} photos at http://{address}, stop with Ctrl-C; try:\n");
    println!("  curl -F image=@{} http://{address}/v1/search", photos.join(PROBE).display());
    server.run().map_err(|error| Failure::new(ErrorKind::Internal, error.to_string()))?;
    Ok(Ending::Done)
}

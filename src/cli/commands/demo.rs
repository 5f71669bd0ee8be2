//! `kindred demo`

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::api::{Server, Service, ServiceConfig};
use crate::bundle::{Bundle, write_builtin};
use crate::cli::args::SeedArgs;
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::line;
use crate::cli::print::print_answer;
use crate::cli::probe::{embed_photos, prepare_photos};
use crate::cli::progress::Display;
use crate::dataset::{Source, read_relationships};
use crate::domain::{PhotoId, Progress};
use crate::engine::{Device, Precision};
use crate::error::{ErrorKind, io_kind};
use crate::gallery::{
    EmbeddedGallery, Filter, Gallery, GalleryView, PageRequest, Selection, StoredPhoto,
};
use crate::ingest::{Plan, ingest, relate};
use crate::search::{Answer, Options, PersonMatch, Query, ReferenceCache, SearchContext, search};
use crate::synthetic::{SynthesisPlan, synthesize};

const EXAMPLES: &str = "\
Examples:
  kindred demo
  kindred demo --families 100 --out demo";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Folder for photos, model and gallery; default a temporary one
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Address and port; port 0 takes any free port
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Number of families to synthesize, 1 to 9999
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=9999))]
    families: u32,
    #[command(flatten)]
    seed: SeedArgs,
}

/// Folder of a demonstration. A temporary one is deleted on drop.
struct DemoFolder {
    path: PathBuf,
    is_temporary: bool,
}

impl DemoFolder {
    fn new(out: Option<&Path>) -> Result<Self, Failure> {
        let path = match out {
            Some(out) => out.to_owned(),
            None => std::env::temp_dir().join(format!("kindred-demo-{}", std::process::id())),
        };
        std::fs::create_dir_all(&path).map_err(|error| {
            Failure::new(io_kind(&error), format!("cannot make {}: {error}", path.display()))
        })?;
        Ok(Self { path, is_temporary: out.is_none() })
    }
}

impl Drop for DemoFolder {
    fn drop(&mut self) {
        if self.is_temporary {
            // Files that cannot be deleted remain in the folder for temporary files.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let folder = DemoFolder::new(args.out.as_deref())?;
    let display = Display::start()?;
    let model = folder.path.join("model");
    write_builtin(&model)?;
    let bundle = Bundle::load(&model, Device::Cpu, Precision::F32)?;
    let photos = folder.path.join("photos");
    if !photos.exists() {
        let plan = SynthesisPlan { families: args.families, seed: args.seed.seed };
        if synthesize(&photos, plan, &display)?.is_none() {
            return Ok(ExitStatus::Stopped);
        }
    }
    let data_dir = folder.path.join("gallery");
    let gallery = EmbeddedGallery::open_or_create(&data_dir, bundle.space(), &model)?;
    let plan = Plan::new(Source::open(&photos)?)?.with_thumbnails();
    let report = ingest(plan, &gallery, &bundle, &display)?;
    if report.cancelled {
        return Ok(ExitStatus::Stopped);
    }
    relate(&gallery, &read_relationships(&photos.join("relationships.csv"))?)?;
    display.finish();
    show(&photos, &gallery.view_for(bundle.space())?, &bundle)?;
    let config = ServiceConfig { keep_photos: true, ..ServiceConfig::default() };
    let service = Service { gallery: Box::new(gallery), data_dir, bundle, config };
    let server = Server::bind(service, args.listen)?;
    display.hand_over(server.stopper());
    if display.cancelled() {
        return Ok(ExitStatus::Stopped);
    }
    serve(server, report.enrolled + report.known, &photos)
}

/// Photo in the printed example command.
const PROBE: &str = "F0001/MID1/P00001_face0.jpg";
/// Number of people to print.
const SHOWN: usize = 5;
/// Maximum number of probes to try until a relative comes first.
const MAX_PROBES: usize = 50;

/// Gallery and models for searches in the sample.
struct SampleSearch<'a> {
    photos: &'a Path,
    view: &'a dyn GalleryView,
    context: SearchContext<'a>,
    bundle: &'a Bundle,
}

impl SampleSearch<'_> {
    /// Searches with a photo, without the families of `without`.
    fn search(
        &self,
        photo: &PhotoId,
        without: Selection,
        shown: impl Fn(&Answer, &Query<'_>, &Options),
    ) -> Result<Answer, Failure> {
        let path = self.photos.join(format!("{photo}.jpg"));
        let probe = embed_photos(self.bundle, prepare_photos(self.bundle, &[path])?)?;
        let query = Query::Relatives(probe.probe(self.view, BTreeSet::new())?);
        let filter = Filter::without(Selection { files: probe.files.clone(), ..without });
        let options = Options { limit: SHOWN, filter, ..Options::default() };
        let answer = search(&self.context, &query, &options)?;
        shown(&answer, &query, &options);
        Ok(answer)
    }

    /// Returns the first photo with a listed relative as the first result.
    fn probe_with_relative_first(&self) -> Result<Option<PhotoId>, Failure> {
        let first = PageRequest { after: None, limit: MAX_PROBES };
        for photo in self.view.photos(None, &first)? {
            let answer = self.search(&photo.id, Selection::default(), |_, _, _| {})?;
            let Some(nearest) = answer.people.first() else { continue };
            if self.is_kin(&photo.id, nearest)? {
                return Ok(Some(photo.id.clone()));
            }
        }
        Ok(None)
    }

    fn is_kin(&self, probe: &PhotoId, found: &PersonMatch) -> Result<bool, Failure> {
        Ok(self.view.relatives_of(probe.member())?.contains(&found.person))
    }
}

/// Prints a search with a relative as the first result, and one without a relative in the gallery.
fn show(photos: &Path, view: &Arc<dyn GalleryView>, bundle: &Bundle) -> Result<(), Failure> {
    let context = SearchContext::new(view, bundle.ensemble(), &ReferenceCache::default())?;
    let sample = SampleSearch { photos, view: &**view, context, bundle };
    line!(
        "These people are drawn; none of them exists. They show that the program works.\n\
         They prove nothing about real families: the model was trained on photos of real faces."
    );
    if let Some(probe) = sample.probe_with_relative_first()? {
        line!("\nA search with a relative in the first place, with {probe}:\n");
        let answer = sample.search(&probe, Selection::default(), print_answer)?;
        line!("\nThe truth: {}.", truth(&sample, &probe, &answer)?);
    }
    let all = view.photos(None, &PageRequest::all())?;
    let Some(StoredPhoto { id: stranger, .. }) = all.last().map(|photo| &**photo) else {
        return Ok(());
    };
    line!("\nA search without relatives, with {stranger} and its family left out:\n");
    let own_family = Selection {
        families: BTreeSet::from([stranger.member().family()]),
        ..Selection::default()
    };
    let answer = sample.search(stranger, own_family, print_answer)?;
    line!("\nThe truth: {}.", truth(&sample, stranger, &answer)?);
    Ok(())
}

/// Returns the relatives of the probe among the people found, as text.
fn truth(sample: &SampleSearch<'_>, probe: &PhotoId, answer: &Answer) -> Result<String, Failure> {
    let mut kin = Vec::new();
    for (rank, found) in (1..).zip(&answer.people) {
        if sample.is_kin(probe, found)? {
            kin.push(format!("{} (rank {rank})", found.person));
        }
    }
    let count = answer.people.len();
    Ok(match kin.as_slice() {
        [] => format!("none of these {count} people is a relative"),
        [one] => format!("of these {count} people {one} is a listed relative"),
        several => format!("of these {count} people {} are listed relatives", several.join(", ")),
    })
}

fn serve(server: Server, count: usize, photos: &Path) -> Result<ExitStatus, Failure> {
    let address = server.address();
    line!("\n{count} photos at http://{address}, stop with Ctrl-C; try:\n");
    line!("  curl -F image=@{} http://{address}/v1/search", photos.join(PROBE).display());
    server.run().map_err(|error| Failure::new(ErrorKind::Internal, error.to_string()))?;
    Ok(ExitStatus::Done)
}

//! `kindred demo`

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::answer::print_answer;
use super::exit::{ExitStatus, Failure};
use super::output::line;
use super::progress::Display;
use super::search::{embed, read_face};
use crate::api::{Server, Service, ServiceConfig};
use crate::bundle::{Bundle, write_builtin};
use crate::dataset::{Source, read_relationships};
use crate::domain::{PhotoId, Progress};
use crate::engine::{Device, Precision};
use crate::error::{ErrorKind, io_kind};
use crate::gallery::{
    EmbeddedGallery, Filter, Gallery, GalleryView, PageRequest, Selection, StoredPhoto,
};
use crate::ingest::{Plan, ingest, relate};
use crate::search::{
    Answer, Options, PersonMatch, Probe, Query, ReferenceCache, SearchContext, search,
};
use crate::synthetic::{self, synthesize};

#[derive(Args)]
pub(super) struct Arguments {
    /// Folder for the photos, the model and the gallery; by default a temporary one, deleted at the end
    dir: Option<PathBuf>,
    /// Address and port; port 0 takes any free port
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Number of families to synthesize
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=9999))]
    families: u32,
    /// Seed of the families
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Folder of a demonstration. A temporary one is deleted on drop.
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
            // Files that cannot be deleted remain in the folder for temporary files.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let place = Place::new(arguments.dir.as_deref())?;
    let display = Display::start()?;
    let model = place.folder.join("model");
    write_builtin(&model)?;
    let bundle = Bundle::load(&model, Device::Cpu, Precision::F32)?;
    let photos = place.folder.join("photos");
    if !photos.exists() {
        let plan = synthetic::Plan { families: arguments.families, seed: arguments.seed };
        if synthesize(&photos, plan, &display)?.is_none() {
            return Ok(ExitStatus::Stopped);
        }
    }
    let data_dir = place.folder.join("gallery");
    let gallery = EmbeddedGallery::open_or_create(&data_dir, bundle.space(), &model)?;
    let plan = Plan::new(Source::open(&photos)?)?.with_thumbnails();
    let report = ingest(plan, &gallery, &bundle, &display)?;
    if report.cancelled {
        return Ok(ExitStatus::Stopped);
    }
    relate(&gallery, &read_relationships(&photos.join("relationships.csv"))?)?;
    display.finish();
    show(&photos, &gallery.view_for(bundle.space())?, &bundle)?;
    let server = Server::bind(
        Service {
            gallery: Box::new(gallery),
            data_dir,
            bundle,
            terms: ServiceConfig { keep_photos: true, ..ServiceConfig::default() },
        },
        arguments.listen,
    )?;
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
struct Sample<'a> {
    photos: &'a Path,
    view: &'a dyn GalleryView,
    context: SearchContext<'a>,
    bundle: &'a Bundle,
}

impl Sample<'_> {
    /// Searches with a photo, without the families of `without`.
    fn search(
        &self,
        photo: &PhotoId,
        without: Selection,
        shown: impl Fn(&Answer, &Query<'_>, &Options),
    ) -> Result<Answer, Failure> {
        let (face, hash) = read_face(&self.photos.join(format!("{photo}.jpg")), self.bundle)?;
        let embedded = embed(self.bundle, vec![(face, hash)])?;
        let known = self.view.people_of_files(&[hash])?;
        let query = Query::Relatives(Probe { photos: &embedded, known });
        let filter = Filter::without(Selection { files: vec![hash], ..without });
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
    let sample = Sample { photos, view: &**view, context, bundle };
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
fn truth(sample: &Sample<'_>, probe: &PhotoId, answer: &Answer) -> Result<String, Failure> {
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

//! `kindred train`

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

use super::compute::Compute;
use super::exit::{Ending, Failure};
use super::ingest::print_rejected;
use super::output::line;
use super::progress::Display;
use super::train_report::{
    measured, pictures, print_refusal, print_report, trained_on, write_report,
};
use super::train_sources::{PhotoSource, SourceArguments};
use super::unfreeze::Stages;
use super::{train_axes, train_backbone, train_landmarks};
use crate::backbone::Storage;
use crate::dataset::Source;
use crate::domain::{PhotoId, Progress};
use crate::embedder::{Choice, DEFAULT_MIN_QUALITY, Draft, Embedder};
use crate::error::ErrorKind;
use crate::gallery::Gallery;
use crate::ingest::{Report as IngestReport, ingest};
use crate::kinship::Recipe;
use crate::train::{
    Corpus, EmbeddedPhotos, MIN_FAMILIES, Options, TrainError, Trained, Unfreezing, embed_blurred,
    train,
};

/// What else can be trained.
#[derive(Subcommand)]
enum Network {
    /// Train a small backbone that says of a face what another one says
    Backbone(train_backbone::Arguments),
    /// Add to the embedding of a trained backbone axes along which kin are alike
    Axes(train_axes::Arguments),
    /// Train the network that finds the points of a face, by which faces are aligned
    Landmarks(train_landmarks::Arguments),
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    network: Option<Network>,
    #[command(flatten)]
    ensemble: Option<EnsembleArguments>,
}

// A folder of families stands for an ensemble; clap leaves the group empty if it has arguments of others.
#[derive(Args)]
#[group(args = ["photos"])]
struct EnsembleArguments {
    #[command(flatten)]
    sources: SourceArguments,
    /// A network and the file of its weights, such as vgg16=vgg_face_dag.pth; several are compared together, and the
    /// first is the one that is searched by
    #[arg(long = "backbone", value_name = "NAME=FILE", value_parser = named_file, required = true)]
    backbones: Vec<(String, PathBuf)>,
    /// Embed each face and its mirror image, and take the mean: better, and half as fast. The photo as it is beside the
    /// aligned face (--whole) is embedded once
    #[arg(long)]
    mirror: bool,
    /// The file of weights of a landmark network, as kindred train landmarks makes it: backbones see faces aligned by it
    #[arg(long, value_name = "FILE")]
    landmarks: Option<PathBuf>,
    /// From which quality on the landmark network takes something for a face
    #[arg(long, default_value_t = DEFAULT_MIN_QUALITY, value_parser = quality)]
    min_quality: f32,
    /// With a landmark network, show backbones the photo as it is beside the aligned face: twice the embeddings
    #[arg(long, requires = "landmarks")]
    whole: bool,
    /// Store the weights of networks as 16-bit floats: half the size
    #[arg(long)]
    half: bool,
    /// Let the last stage of each backbone learn, too, before the heads do: half of the families serve it, and no figure
    /// is measured on these
    #[arg(long, value_name = "PART", value_parser = PossibleValuesParser::new(["last-stage"]))]
    unfreeze: Option<String>,
    /// Length of the steps of an unfrozen stage; those of the head beside it are four times as long
    #[arg(long, value_name = "RATE", default_value_t = 5e-6, requires = "unfreeze", value_parser = share)]
    stage_learning_rate: f64,
    /// Folder of the bundle to be made
    #[arg(long, value_name = "BUNDLE")]
    out: PathBuf,
    /// Folder for embeddings and trained heads, which a later training goes on from; OUT.training unless given
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    #[command(flatten)]
    compute: Compute,
    /// The heads to train on every backbone; all unless given. The plain regression and the cosine always are among them
    #[arg(long, value_delimiter = ',', value_parser = PossibleValuesParser::new(Recipe::NAMES), default_values = Recipe::NAMES, hide_default_value = true)]
    members: Vec<String>,
    /// Folds of families, if there is one source to train on; each is evaluated by heads trained on the others
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(2..=20))]
    folds: u8,
    /// Seed of everything that is random
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Leave out a member whose area under the ROC alone is not at least this
    #[arg(long, default_value_t = 0.5, value_parser = share)]
    min_auc: f64,
    /// Share of unrelated pairs that may be taken for kin
    #[arg(long, default_value_t = 0.05, value_parser = share)]
    false_accept_rate: f64,
    /// The bundle's terms, in words
    #[arg(long, default_value = "as of the weights and photos that it was trained with")]
    licence: String,
}

impl EnsembleArguments {
    /// How each backbone sees a photo: aligned or not.
    fn views(&self) -> Vec<bool> {
        match (&self.landmarks, self.whole) {
            (None, _) => vec![false],
            (Some(_), false) => vec![true],
            (Some(_), true) => vec![true, false],
        }
    }

    fn storage(&self) -> Storage {
        if self.half { Storage::F16 } else { Storage::F32 }
    }
}

fn quality(text: &str) -> Result<f32, String> {
    share(text).map(|share| share as f32)
}

pub(super) fn named_file(text: &str) -> Result<(String, PathBuf), String> {
    let (name, file) = text.split_once('=').ok_or("a backbone is given as NAME=FILE")?;
    if !crate::backbone::Architecture::NAMES.contains(&name) {
        let known = crate::backbone::Architecture::NAMES.join(", ");
        return Err(format!("'{name}' is no network known here; known are {known}"));
    }
    Ok((name.to_owned(), file.into()))
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..1.0).contains(&share) { Ok(share) } else { Err("not from 0 to 1".into()) }
}

pub(super) fn run(arguments: &Arguments) -> Result<Ending, Failure> {
    match (&arguments.network, &arguments.ensemble) {
        (Some(Network::Axes(arguments)), _) => train_axes::run(arguments),
        (Some(Network::Backbone(arguments)), _) => train_backbone::run(arguments),
        (Some(Network::Landmarks(arguments)), _) => train_landmarks::run(arguments),
        (None, Some(arguments)) => train_ensemble(arguments),
        (None, None) => unreachable!("clap asks for the arguments of an ensemble"),
    }
}

fn train_ensemble(arguments: &EnsembleArguments) -> Result<Ending, Failure> {
    // Cheap checks first: nothing is embedded before the input is known to be usable.
    let sources = arguments.sources.read()?;
    check(&sources, arguments)?;
    let mut draft = Draft::new(&arguments.out, &arguments.licence)?;
    let storage = arguments.storage();
    if let Some(file) = &arguments.landmarks {
        draft.add_landmarks(file, (arguments.min_quality, storage))?;
    }
    for (architecture, file) in &arguments.backbones {
        for aligned in arguments.views() {
            let mirror = arguments.mirror && (aligned || !arguments.whole);
            draft.add_backbone(&Choice { file, architecture, mirror, aligned, storage })?;
        }
    }
    let embedder = arguments.compute.load(draft.folder())?;
    let work = arguments.work.clone().unwrap_or_else(|| beside(&arguments.out));
    let display = Display::start()?;
    let job = Job { arguments, sources: &sources, work: &work, display: &display };
    let trained = match job.corpora(&embedder)? {
        Some(corpora) => job.train(&mut draft, embedder, corpora)?,
        None => None,
    };
    display.finish();
    let Some(Trained { config, weights, report }) = trained else {
        line!("stopped; run the same command again to resume");
        return Ok(Ending::Stopped);
    };
    // Not into the bundle, which may be given away: the report shows photos.
    write_report(&work, &report, &mut pictures(&sources)?)?;
    print_report(&report);
    if !report.verdict.objections.is_empty() {
        print_refusal(&report, &work);
        return Ok(Ending::NotBetter);
    }
    draft.add_kinship(config, &weights, (trained_on(&report), measured(&report)))?;
    draft.finish()?;
    line!(
        "\nwritten to {}\nreport.html with charts and photos, embeddings and heads are in {}",
        arguments.out.display(),
        work.display()
    );
    Ok(Ending::Done)
}

/// Refuses what a training would fail on after everything is embedded.
fn check(sources: &[PhotoSource], arguments: &EnsembleArguments) -> Result<(), Failure> {
    for source in sources {
        let photos: Vec<PhotoId> = source.plan()?.photos().cloned().collect();
        let found = source.families_with_kin(&photos);
        if !source.relationships.is_empty() && found < MIN_FAMILIES {
            return Err(TrainError::TooFewFamilies { found, needed: MIN_FAMILIES }.into());
        }
    }
    if arguments.unfreeze.is_some() && sources.len() > 1 {
        let detail =
            "--unfreeze takes one source; train the stage on one, then the heads on several";
        return Err(Failure::new(ErrorKind::InvalidInput, detail));
    }
    Ok(())
}

/// What is the same for all steps of a training.
struct Job<'a> {
    arguments: &'a EnsembleArguments,
    sources: &'a [PhotoSource],
    work: &'a Path,
    display: &'a Display,
}

impl Job<'_> {
    /// The sources' photos, embedded; `None` if that was cancelled.
    fn corpora(&self, embedder: &Embedder) -> Result<Option<Vec<Corpus>>, Failure> {
        let mut corpora = Vec::new();
        for source in self.sources {
            let Some(photos) = embedded(source, (self.work, embedder), self.display)? else {
                return Ok(None);
            };
            let corpus = Corpus::new(&source.name, photos, embedder.names(), &source.relationships);
            let paths: Vec<String> = source.plan()?.paths().cloned().collect();
            let mut folder = Source::open(source.path())?;
            let blurred = embed_blurred(&mut folder, &paths, embedder, self.display)?;
            if self.display.cancelled() {
                return Ok(None);
            }
            corpora.push(corpus.map_err(TrainError::from)?.with_blurred(blurred));
        }
        Ok(Some(corpora))
    }

    /// Unfreezes what is to be unfrozen, and trains the heads; `None` if that was cancelled.
    fn train(
        &self,
        draft: &mut Draft,
        embedder: Embedder,
        corpora: Vec<Corpus>,
    ) -> Result<Option<Trained>, Failure> {
        let options = options(self.arguments);
        if self.arguments.unfreeze.is_none() {
            return Ok(train(&corpora, &options, self.work, self.display)?);
        }
        let Some(mut stages) = self.unfrozen(draft, (&embedder, &corpora[0]))? else {
            return Ok(None);
        };
        drop(embedder);
        let families = stages.retrain(draft, self.arguments.storage())?;
        let after = match families.as_slice() {
            [] => None,
            families => {
                let embedder = self.arguments.compute.load(draft.folder())?;
                let Some(after) = self.corpora(&embedder)? else { return Ok(None) };
                let after = after.into_iter();
                Some(after.map(|corpus| corpus.embedded_by_learners_of(families)).collect())
            }
        };
        let after: &Vec<Corpus> = after.as_ref().unwrap_or(&corpora);
        let mut trained = train(after, &options, self.work, self.display)?;
        if let Some(trained) = &mut trained {
            trained.report.stages = stages.reports((&corpora[0], &after[0]), options.seed)?;
        }
        Ok(trained)
    }

    fn unfrozen(
        &self,
        draft: &Draft,
        (embedder, corpus): (&Embedder, &Corpus),
    ) -> Result<Option<Stages>, Failure> {
        let unfreezing = Unfreezing {
            corpus,
            embedder,
            bundle: (draft.folder(), draft.manifest()),
            data: self.sources[0].path(),
            device: self.arguments.compute.device,
            learning_rate: self.arguments.stage_learning_rate,
            seed: self.arguments.seed,
        };
        Stages::teach(&unfreezing, (self.work, self.display))
    }
}

fn options(arguments: &EnsembleArguments) -> Options {
    let mut recipes: Vec<Recipe> = Vec::new();
    let names = arguments.members.iter().map(String::as_str);
    let names = names.chain([Recipe::REGRESSION, Recipe::COSINE]);
    for recipe in names.filter_map(Recipe::named) {
        if !recipes.contains(&recipe) {
            recipes.push(recipe);
        }
    }
    Options {
        recipes,
        folds: arguments.folds.into(),
        seed: arguments.seed,
        min_auc: arguments.min_auc,
        false_accept_rate: arguments.false_accept_rate,
    }
}

fn beside(out: &Path) -> PathBuf {
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".training");
    out.with_file_name(name)
}

/// Embeds the photos of a source, but for those that an earlier training embedded; `None` if that was cancelled.
fn embedded(
    source: &PhotoSource,
    (work, embedder): (&Path, &Embedder),
    display: &Display,
) -> Result<Option<EmbeddedPhotos>, Failure> {
    let plan = source.plan()?;
    let ids: Vec<PhotoId> = plan.photos().cloned().collect();
    let fingerprint = embedder.space().fingerprint.to_string();
    let gallery = work.join(format!("gallery-{}-{}", source.name, &fingerprint[..12]));
    let gallery = Gallery::open_or_create(&gallery, embedder.space(), work)?;
    let IngestReport { rejected, cancelled, .. } = ingest(plan, &gallery, embedder, display)?;
    print_rejected(&rejected);
    if cancelled {
        return Ok(None);
    }
    let mut photos = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(embeddings) = gallery.embeddings(&id)? {
            photos.push((id, embeddings));
        }
    }
    Ok(Some(photos))
}

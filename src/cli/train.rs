//! `kindred train`

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

use super::compute::Compute;
use super::exit::{ExitStatus, Failure};
use super::ingest::print_rejected;
use super::output::line;
use super::progress::Display;
use super::train_report::{
    measured, pictures, print_refusal, print_report, trained_on, write_report,
};
use super::train_sources::{PhotoSource, SourceArguments};
use super::unfreeze::Stages;
use super::{train_axes, train_backbone, train_landmarks};
use crate::bundle::{Bundle, BundleBuilder, Choice};
use crate::dataset::Source;
use crate::domain::{PhotoId, Progress};
use crate::error::ErrorKind;
use crate::face::DEFAULT_MIN_QUALITY;
use crate::gallery::{EmbeddedGallery, Gallery};
use crate::ingest::{Report as IngestReport, ingest};
use crate::network::Storage;
use crate::train::{
    Corpus, EmbeddedPhotos, FineTuning, MIN_FAMILIES, Options, Recipe, StageCorpora, TrainError,
    Trained, embed_blurred, train,
};

/// Networks that can be trained separately.
#[derive(Subcommand)]
enum Network {
    /// Train a small backbone to predict the embeddings of another one
    Backbone(train_backbone::Arguments),
    /// Add kinship axes to the embedding of a trained backbone
    Axes(train_axes::Arguments),
    /// Train the landmark network, which aligns faces
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

// A folder of families stands for an ensemble. Clap leaves the group empty if it has arguments of others.
#[derive(Args)]
#[group(args = ["photos"])]
struct EnsembleArguments {
    #[command(flatten)]
    sources: SourceArguments,
    /// Network and its weights file, such as vgg16=vgg_face_dag.pth; repeatable, and searches use the first
    #[arg(long = "backbone", value_name = "NAME=FILE", value_parser = named_file, required = true)]
    backbones: Vec<(String, PathBuf)>,
    /// Embed each face and its mirror image, and take the mean: better, and half as fast; the unaligned photo of
    /// --whole is embedded once
    #[arg(long)]
    mirror: bool,
    /// Weights file of a landmark network, from kindred train landmarks; backbones receive faces aligned by it
    #[arg(long, value_name = "FILE")]
    landmarks: Option<PathBuf>,
    /// Minimum face quality from the landmark network
    #[arg(long, default_value_t = DEFAULT_MIN_QUALITY, value_parser = quality)]
    min_quality: f32,
    /// Embed the unaligned photo in addition to the aligned face: twice the embeddings
    #[arg(long, requires = "landmarks")]
    whole: bool,
    /// Store weights as 16-bit floats: half the size
    #[arg(long)]
    half: bool,
    /// Fine-tune this part of each backbone before the heads are trained, on half of the families; no metric is
    /// measured on these
    #[arg(long, value_name = "PART", value_parser = PossibleValuesParser::new(["last-stage"]))]
    unfreeze: Option<String>,
    /// Learning rate of a fine-tuned stage; its head's rate is four times as high
    #[arg(long, value_name = "RATE", default_value_t = 5e-6, requires = "unfreeze", value_parser = share)]
    stage_learning_rate: f64,
    /// Folder of the bundle to create
    #[arg(long, value_name = "BUNDLE")]
    out: PathBuf,
    /// Folder for embeddings and trained heads, from which a later training resumes; default OUT.training
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    #[command(flatten)]
    compute: Compute,
    /// Heads to train on every backbone; default all; the plain regression and the cosine are always included
    #[arg(long, value_delimiter = ',', value_parser = PossibleValuesParser::new(Recipe::NAMES), default_values = Recipe::NAMES, hide_default_value = true)]
    members: Vec<String>,
    /// Number of cross-validation folds of families, for a single training source
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(2..=20))]
    folds: u8,
    /// Seed of all random choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Minimum area under the ROC of a member alone; others are left out
    #[arg(long, default_value_t = 0.5, value_parser = share)]
    min_auc: f64,
    /// Maximum share of unrelated pairs that are taken for kin
    #[arg(long, default_value_t = 0.05, value_parser = share)]
    false_accept_rate: f64,
    /// License of the bundle, as free text
    #[arg(long, default_value = "as of the weights and photos that it was trained with")]
    licence: String,
}

impl EnsembleArguments {
    /// Returns the views of a photo per backbone: aligned or not.
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
    let (name, file) = text.split_once('=').ok_or("a backbone is NAME=FILE")?;
    if !crate::network::architectures::Architecture::NAMES.contains(&name) {
        let known = crate::network::architectures::Architecture::NAMES.join(", ");
        return Err(format!("'{name}' is no network known here; known are {known}"));
    }
    Ok((name.to_owned(), file.into()))
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..1.0).contains(&share) { Ok(share) } else { Err("not from 0 to 1".into()) }
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    match (&arguments.network, &arguments.ensemble) {
        (Some(Network::Axes(arguments)), _) => train_axes::run(arguments),
        (Some(Network::Backbone(arguments)), _) => train_backbone::run(arguments),
        (Some(Network::Landmarks(arguments)), _) => train_landmarks::run(arguments),
        (None, Some(arguments)) => train_ensemble(arguments),
        (None, None) => unreachable!("clap requires the arguments of an ensemble"),
    }
}

fn train_ensemble(arguments: &EnsembleArguments) -> Result<ExitStatus, Failure> {
    // Cheap checks come first: nothing is embedded before the input is known to be usable.
    let sources = arguments.sources.read()?;
    check(&sources, arguments)?;
    let mut draft = BundleBuilder::new(&arguments.out, &arguments.licence)?;
    let storage = arguments.storage();
    if let Some(file) = &arguments.landmarks {
        draft.add_landmarks(file, arguments.min_quality, storage)?;
    }
    for (architecture, file) in &arguments.backbones {
        for aligned in arguments.views() {
            let mirror = arguments.mirror && (aligned || !arguments.whole);
            draft.add_backbone(&Choice { file, architecture, mirror, aligned, storage })?;
        }
    }
    let loaded = arguments.compute.load(draft.folder())?;
    let work = arguments.work.clone().unwrap_or_else(|| beside(&arguments.out));
    let display = Display::start()?;
    let job = Job { arguments, sources: &sources, work: &work, display: &display };
    let trained = match job.corpora(&loaded)? {
        Some(corpora) => job.train(&mut draft, loaded, corpora)?,
        None => None,
    };
    display.finish();
    let Some(Trained { config, weights, report }) = trained else {
        line!("stopped; run the same command again to resume");
        return Ok(ExitStatus::Stopped);
    };
    // The report is not in the bundle, which may be shared: the report shows photos.
    write_report(&work, &report, &mut pictures(&sources)?)?;
    print_report(&report);
    if !report.verdict.objections.is_empty() {
        print_refusal(&report, &work);
        return Ok(ExitStatus::NotBetter);
    }
    draft.add_kinship(config, &weights, trained_on(&report), measured(&report))?;
    draft.finish()?;
    line!(
        "\nwritten to {}\nreport.html with charts and photos, embeddings and heads are in {}",
        arguments.out.display(),
        work.display()
    );
    Ok(ExitStatus::Done)
}

/// Refuses input on which a training would fail after all photos are embedded.
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

/// State that all steps of a training share.
struct Job<'a> {
    arguments: &'a EnsembleArguments,
    sources: &'a [PhotoSource],
    work: &'a Path,
    display: &'a Display,
}

impl Job<'_> {
    /// Embeds the sources' photos. Returns `None` if cancelled.
    fn corpora(&self, loaded: &Bundle) -> Result<Option<Vec<Corpus>>, Failure> {
        let mut corpora = Vec::new();
        for source in self.sources {
            let Some(photos) = embedded(source, self.work, loaded, self.display)? else {
                return Ok(None);
            };
            let corpus = Corpus::new(&source.name, photos, loaded.names(), &source.relationships);
            let paths: Vec<String> = source.plan()?.paths().cloned().collect();
            let mut folder = Source::open(source.path())?;
            let blurred = embed_blurred(&mut folder, &paths, loaded, self.display)?;
            if self.display.cancelled() {
                return Ok(None);
            }
            corpora.push(corpus.map_err(TrainError::from)?.with_blurred(blurred));
        }
        Ok(Some(corpora))
    }

    /// Fine-tunes the requested stages and trains the heads. Returns `None` if cancelled.
    fn train(
        &self,
        draft: &mut BundleBuilder,
        loaded: Bundle,
        corpora: Vec<Corpus>,
    ) -> Result<Option<Trained>, Failure> {
        let options = options(self.arguments);
        if self.arguments.unfreeze.is_none() {
            return Ok(train(&corpora, &options, self.work, self.display)?);
        }
        let Some(mut stages) = self.unfrozen(draft, &loaded, &corpora[0])? else {
            return Ok(None);
        };
        drop(loaded);
        let families = stages.retrain(draft, self.arguments.storage())?;
        let after = match families.as_slice() {
            [] => None,
            families => {
                let loaded = self.arguments.compute.load(draft.folder())?;
                let Some(after) = self.corpora(&loaded)? else { return Ok(None) };
                let after = after.into_iter();
                Some(after.map(|corpus| corpus.embedded_by_learners_of(families)).collect())
            }
        };
        let after: &Vec<Corpus> = after.as_ref().unwrap_or(&corpora);
        let mut trained = train(after, &options, self.work, self.display)?;
        if let Some(trained) = &mut trained {
            let corpora = StageCorpora { before: &corpora[0], after: &after[0] };
            trained.report.stages = stages.reports(corpora, options.seed)?;
        }
        Ok(trained)
    }

    fn unfrozen(
        &self,
        draft: &BundleBuilder,
        loaded: &Bundle,
        corpus: &Corpus,
    ) -> Result<Option<Stages>, Failure> {
        let unfreezing = FineTuning {
            corpus,
            loaded,
            bundle: (draft.folder(), draft.manifest()),
            data: self.sources[0].path(),
            device: self.arguments.compute.device,
            learning_rate: self.arguments.stage_learning_rate,
            seed: self.arguments.seed,
        };
        Stages::teach(&unfreezing, self.work, self.display)
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

/// Embeds the photos of a source, except those that an earlier training embedded.
///
/// Returns `None` if cancelled.
fn embedded(
    source: &PhotoSource,
    work: &Path,
    loaded: &Bundle,
    display: &Display,
) -> Result<Option<EmbeddedPhotos>, Failure> {
    let plan = source.plan()?;
    let ids: Vec<PhotoId> = plan.photos().cloned().collect();
    let fingerprint = loaded.space().fingerprint.to_string();
    let gallery = work.join(format!("gallery-{}-{}", source.name, &fingerprint[..12]));
    let gallery = EmbeddedGallery::open_or_create(&gallery, loaded.space(), work)?;
    let IngestReport { rejected, cancelled, .. } = ingest(plan, &gallery, loaded, display)?;
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

//! `kindred train`

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

use super::compute::Compute;
use super::exit::{Ending, Failure};
use super::families::{Families, Wanted};
use super::ingest::print_rejected;
use super::progress::Display;
use super::train_report::{measured, pictures, print_report, trained_on, write_report};
use super::unfreeze::Stages;
use super::{train_axes, train_backbone, train_landmarks};
use crate::backbone::Storage;
use crate::dataset::{Source, read_relationships};
use crate::domain::{PhotoId, Relationship};
use crate::embedder::{Choice, DEFAULT_MIN_QUALITY, Draft, Embedder};
use crate::gallery::Gallery;
use crate::ingest::{Plan, Report as IngestReport, ingest};
use crate::kinship::Recipe;
use crate::train::{Corpus, EmbeddedPhotos, Options, TrainError, Trained, Unfreezing, train};

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

// Whoever gives a folder of families wants an ensemble; clap leaves the group empty where it has arguments of others.
#[derive(Args)]
#[group(args = ["data"])]
struct EnsembleArguments {
    /// Folder or zip archive with a folder per family and in it a folder per person: F0001/MID1/photo.jpg
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The csv of people who are kin: F0002/MID1,F0002/MID3 and optionally the relation
    #[arg(long, value_name = "CSV")]
    relationships: PathBuf,
    #[command(flatten)]
    families: Families,
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
    /// The heads to train on every backbone; all unless given. The cosine, which learns nothing, is always one
    #[arg(long, value_delimiter = ',', value_parser = PossibleValuesParser::new(Recipe::NAMES), default_values = Recipe::NAMES, hide_default_value = true)]
    members: Vec<String>,
    /// Parts that the families are dealt into; each is tested once by heads that learned from others
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(2..=20))]
    folds: u8,
    /// Seed of everything that is random
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Leave out a member whose area under the ROC alone is not at least this
    #[arg(long, default_value_t = 0.5, value_parser = share)]
    min_auc: f64,
    /// Share of strangers that may be taken for kin
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

#[expect(clippy::print_stdout, reason = "the report is the command's output")]
fn train_ensemble(arguments: &EnsembleArguments) -> Result<Ending, Failure> {
    // Cheap checks first: nothing is embedded before the input is known to be usable.
    Plan::new(Source::open(&arguments.data)?)?;
    let relationships = read_relationships(&arguments.relationships)?;
    let wanted = arguments.families.read()?;
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
    let job = Job { arguments, relationships, wanted, work: &work, display: &display };
    let trained = match job.corpus(&embedder)? {
        Some(corpus) => job.train(&mut draft, (embedder, corpus))?,
        None => None,
    };
    display.finish();
    let Some(Trained { config, weights, report }) = trained else {
        println!("stopped; run the same command again to go on from here");
        return Ok(Ending::Stopped);
    };
    // Not into the bundle, which may be given away: the report shows photos.
    write_report(&work, &report, &mut pictures(&arguments.data)?)?;
    draft.add_kinship(config, &weights, (trained_on(&report), measured(&report)))?;
    draft.finish()?;
    print_report(&report);
    println!(
        "\nwritten to {}\nreport.html with charts and photos, embeddings and heads are in {}",
        arguments.out.display(),
        work.display()
    );
    Ok(Ending::Done)
}

/// What is the same for all steps of a training.
struct Job<'a> {
    arguments: &'a EnsembleArguments,
    relationships: Vec<Relationship>,
    wanted: Wanted,
    work: &'a Path,
    display: &'a Display,
}

impl Job<'_> {
    /// The photos, embedded; None where that was stopped.
    fn corpus(&self, embedder: &Embedder) -> Result<Option<Corpus>, Failure> {
        let plan = Plan::new(Source::open(&self.arguments.data)?)?;
        let mut photos = embedded(plan, (self.work, embedder), self.display)?;
        photos.iter_mut().for_each(|photos| {
            photos.retain(|(photo, _)| self.wanted.has_photo(photo));
        });
        let corpus = |photos| Corpus::new(photos, embedder.names(), &self.relationships);
        Ok(photos.map(corpus).transpose().map_err(TrainError::from)?)
    }

    /// Unfreezes what is to be unfrozen, and trains the heads; None where that was stopped.
    fn train(
        &self,
        draft: &mut Draft,
        (embedder, corpus): (Embedder, Corpus),
    ) -> Result<Option<Trained>, Failure> {
        let options = options(self.arguments);
        if self.arguments.unfreeze.is_none() {
            return Ok(train(&corpus, &options, self.work, self.display)?);
        }
        let Some(mut stages) = self.unfrozen(draft, (&embedder, &corpus))? else { return Ok(None) };
        drop(embedder);
        let families = stages.retrain(draft, self.arguments.storage())?;
        let after = match families.as_slice() {
            [] => None,
            families => {
                let embedder = self.arguments.compute.load(draft.folder())?;
                let Some(after) = self.corpus(&embedder)? else { return Ok(None) };
                Some(after.embedded_by_learners_of(families))
            }
        };
        let after = after.as_ref().unwrap_or(&corpus);
        let mut trained = train(after, &options, self.work, self.display)?;
        if let Some(trained) = &mut trained {
            trained.report.stages = stages.reports((&corpus, after), options.seed)?;
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
            data: &self.arguments.data,
            device: self.arguments.compute.device,
            learning_rate: self.arguments.stage_learning_rate,
            seed: self.arguments.seed,
        };
        Stages::teach(&unfreezing, (self.work, self.display))
    }
}

fn options(arguments: &EnsembleArguments) -> Options {
    let mut recipes: Vec<Recipe> = Vec::new();
    let names = arguments.members.iter().map(String::as_str).chain([Recipe::COSINE]);
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

/// Embeds the photos of a plan, but for those that an earlier training embedded; None where that was stopped.
fn embedded(
    plan: Plan,
    (work, embedder): (&Path, &Embedder),
    display: &Display,
) -> Result<Option<EmbeddedPhotos>, Failure> {
    let ids: Vec<PhotoId> = plan.photos().cloned().collect();
    let fingerprint = embedder.space().fingerprint.to_string();
    let gallery = work.join(format!("gallery-{}", &fingerprint[..12]));
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

//! `kindred train`, without the name of a network: an ensemble.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;

use super::job::EnsembleJob;
use super::network_file::NetworkFile;
use super::report::{measured, pictures, trained_on, write_report};
use super::sources::{PhotoSource, SourceArgs};
use crate::bundle::{BundleBuilder, Choice};
use crate::cli::args::{ComputeArgs, FloatDtype, SeedArgs};
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::line;
use crate::cli::print::{print_refusal, print_report};
use crate::cli::progress::Display;
use crate::domain::{Outcome, PhotoId};
use crate::error::ErrorKind;
use crate::face::DEFAULT_MIN_QUALITY;
use crate::network::WeightsDtype;
use crate::train::{EnsembleOptions, MIN_FAMILIES, Recipe, TrainError, TrainedEnsemble};

// A backbone stands for an ensemble. Clap leaves the group empty if it has arguments of others.
#[derive(clap::Args)]
#[group(id = "ensemble", args = ["backbones"])]
pub(super) struct Args {
    #[command(flatten)]
    sources: SourceArgs,
    /// Network and its weights file; repeatable, and searches use the first
    #[arg(long = "backbone", value_name = "NAME=FILE", required = true)]
    backbones: Vec<NetworkFile>,
    /// Embed each face and its mirror image, and take the mean
    ///
    /// Better, and half as fast. The unaligned photo of --whole is embedded once.
    #[arg(long)]
    mirror: bool,
    /// Weights file of a landmark network, which aligns the faces
    #[arg(long, value_name = "FILE")]
    landmark_network: Option<PathBuf>,
    /// Minimum face quality from the landmark network, 0 to 1
    #[arg(
        long,
        value_name = "QUALITY",
        default_value_t = DEFAULT_MIN_QUALITY,
        value_parser = quality,
        hide_short_help = true
    )]
    min_quality: f32,
    /// Embed the unaligned photo in addition to the aligned face
    #[arg(long, requires = "landmark_network")]
    whole: bool,
    /// Number format of the stored weights
    #[arg(long, default_value_t, value_enum)]
    weights_dtype: FloatDtype,
    /// Fine-tune this part of each backbone before the heads
    ///
    /// It is trained on half of the families. No metric is measured on these.
    #[arg(long, value_name = "PART", value_parser = PossibleValuesParser::new(["last-stage"]))]
    unfreeze: Option<String>,
    /// Learning rate of a fine-tuned stage; its head has four times this
    #[arg(
        long,
        value_name = "RATE",
        default_value_t = 5e-6,
        requires = "unfreeze",
        value_parser = share,
        hide_short_help = true
    )]
    stage_learning_rate: f64,
    /// Folder of the bundle to create
    #[arg(long, value_name = "BUNDLE")]
    out: PathBuf,
    /// Folder from which a later training resumes; default OUT.training
    ///
    /// It holds embeddings and trained heads.
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    #[command(flatten)]
    compute: ComputeArgs,
    /// Heads to train on every backbone; default all
    ///
    /// The plain regression and the cosine are always included.
    #[arg(
        long,
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(Recipe::NAMES),
        default_values = Recipe::NAMES,
        hide_default_value = true,
        hide_short_help = true
    )]
    members: Vec<String>,
    /// Number of cross-validation folds of a single source, 2 to 20
    #[arg(
        long,
        value_name = "N",
        default_value_t = 5,
        value_parser = clap::value_parser!(u8).range(2..=20),
        hide_short_help = true
    )]
    folds: u8,
    #[command(flatten)]
    seed: SeedArgs,
    /// Minimum area under the ROC of a member, 0 to 1
    #[arg(
        long,
        value_name = "AUC",
        default_value_t = 0.5,
        value_parser = share,
        hide_short_help = true
    )]
    min_auc: f64,
    /// Maximum share of unrelated pairs taken for kin, 0 to 1
    #[arg(
        long,
        value_name = "RATE",
        default_value_t = 0.05,
        value_parser = share,
        hide_short_help = true
    )]
    false_accept_rate: f64,
    /// License of the bundle, as free text
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "as of the weights and photos that it was trained with",
        hide_short_help = true
    )]
    license: String,
}

impl Args {
    /// Returns the views of a photo per backbone: aligned or not.
    fn views(&self) -> Vec<bool> {
        match (&self.landmark_network, self.whole) {
            (None, _) => vec![false],
            (Some(_), false) => vec![true],
            (Some(_), true) => vec![true, false],
        }
    }
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    // Cheap checks come first: nothing is embedded before the input is known to be usable.
    let sources = args.sources.read()?;
    check(&sources, args)?;
    let mut draft = BundleBuilder::new(&args.out, &args.license)?;
    let storage = WeightsDtype::from(args.weights_dtype);
    if let Some(file) = &args.landmark_network {
        draft.add_landmarks(file, args.min_quality, storage)?;
    }
    for NetworkFile { architecture, file } in &args.backbones {
        for aligned in args.views() {
            let mirror = args.mirror && (aligned || !args.whole);
            draft.add_backbone(&Choice { file, architecture, mirror, aligned, storage })?;
        }
    }
    let loaded = args.compute.load(draft.folder())?;
    let work = args.work.clone().unwrap_or_else(|| default_work(&args.out));
    let display = Display::start()?;
    let job = EnsembleJob {
        compute: &args.compute,
        storage,
        stage_learning_rate: args.unfreeze.as_ref().map(|_| args.stage_learning_rate),
        options: options(args),
        sources: &sources,
        work: &work,
        display: &display,
    };
    let trained = match job.corpora(&loaded)? {
        Outcome::Finished(corpora) => job.train(&mut draft, loaded, corpora)?,
        Outcome::Cancelled => Outcome::Cancelled,
    };
    display.finish();
    let Outcome::Finished(TrainedEnsemble { config, weights, report }) = trained else {
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
        args.out.display(),
        work.display()
    );
    Ok(ExitStatus::Done)
}

/// Refuses input on which a training would fail after all photos are embedded.
fn check(sources: &[PhotoSource], args: &Args) -> Result<(), Failure> {
    for source in sources {
        let photos: Vec<PhotoId> = source.plan()?.photos().cloned().collect();
        let found = source.families_with_kin(&photos);
        if !source.relationships.is_empty() && found < MIN_FAMILIES {
            return Err(TrainError::TooFewFamilies { found, needed: MIN_FAMILIES }.into());
        }
    }
    if args.unfreeze.is_some() && sources.len() > 1 {
        let detail =
            "--unfreeze takes one source; train the stage on one, then the heads on several";
        return Err(Failure::new(ErrorKind::InvalidInput, detail));
    }
    Ok(())
}

fn options(args: &Args) -> EnsembleOptions {
    let mut recipes: Vec<Recipe> = Vec::new();
    let names = args.members.iter().map(String::as_str);
    let names = names.chain([Recipe::REGRESSION, Recipe::COSINE]);
    for recipe in names.filter_map(Recipe::named) {
        if !recipes.contains(&recipe) {
            recipes.push(recipe);
        }
    }
    EnsembleOptions {
        recipes,
        folds: args.folds.into(),
        seed: args.seed.seed,
        min_auc: args.min_auc,
        false_accept_rate: args.false_accept_rate,
    }
}

/// Returns the folder next to the bundle.
fn default_work(out: &Path) -> PathBuf {
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".training");
    out.with_file_name(name)
}

fn quality(text: &str) -> Result<f32, String> {
    share(text).map(|share| share as f32)
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..1.0).contains(&share) { Ok(share) } else { Err("not from 0 to 1".into()) }
}

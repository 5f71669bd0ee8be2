//! `kindred evaluate`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::compute::Compute;
use super::exit::{ExitStatus, Failure};
use super::families::Families;
use super::figures::{print_retrieval, print_tri_subject, print_verification};
use super::ingest::print_rejected;
use super::opened::Opened;
use super::output::{line, write_output};
use super::progress::Display;
use super::{evaluate_groups, evaluate_identification, evaluate_landmarks};
use crate::bundle::Bundle;
use crate::dataset::{
    Source, read_pairs, read_relationships, read_submission, read_trios, write_submission,
};
use crate::error::ErrorKind;
use crate::evaluate::{
    Answers, EvaluationContext, RetrievalOptions, drawn_pairs, drawn_trios, listed_pairs, retrieve,
    submission, verify, verify_trios,
};
use crate::ingest::Rejected;
use crate::search::Options;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Distinguish kin from unrelated people, pair by pair
    Verification(VerificationArguments),
    /// Distinguish the children of two people from others, trio by trio
    TriSubject(TriSubjectArguments),
    /// Find relatives in a gallery, by the search of the service
    Retrieval(RetrievalArguments),
    /// Measure how often searches mark strangers as kin, and how often they miss all relatives
    Identification(evaluate_identification::Arguments),
    /// Measure whether unrelated people of one group are taken for kin more often than those of others
    Groups(evaluate_groups::Arguments),
    /// Measure the distance between detected and listed facial landmarks
    Landmarks(evaluate_landmarks::Arguments),
    /// Predict the pairs of a Kaggle submission
    Submission(SubmissionArguments),
}

/// Options of every evaluation on photos.
#[derive(Args)]
pub(super) struct Judge {
    /// Folder of the model bundle
    #[arg(long, value_name = "BUNDLE")]
    model: PathBuf,
    #[command(flatten)]
    compute: Compute,
    /// Seed of the sampled pairs and of the intervals
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// Write the metrics to this file too
    #[arg(long, value_name = "OUT")]
    pub(super) json: Option<PathBuf>,
}

#[derive(Args)]
struct VerificationArguments {
    /// Root of the paths in the list, or source of the sampled pairs: a folder or zip archive
    #[arg(long, value_name = "DIR")]
    root: PathBuf,
    /// The pairs: a csv with photo_a,photo_b,kin[,relation], or lines of RFIW's first task
    #[arg(long, value_name = "FILE", required_unless_present = "relationships")]
    pairs: Option<PathBuf>,
    /// Sample pairs by the protocol from the families in DIR instead, by this csv of kin pairs
    #[arg(long, value_name = "CSV", conflicts_with = "pairs")]
    relationships: Option<PathBuf>,
    #[command(flatten)]
    families: Families,
    /// Number of photo pairs to sample per kin pair
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    per_kin: u16,
    #[command(flatten)]
    judge: Judge,
}

#[derive(Args)]
struct TriSubjectArguments {
    /// Root of the paths in the list, or source of the sampled trios: a folder or zip archive
    #[arg(long, value_name = "DIR")]
    root: PathBuf,
    /// The trios: lines of RFIW's second task, father mother child FMS 1, or a csv with father,mother,child,kin
    #[arg(long, value_name = "FILE", required_unless_present = "relationships")]
    trios: Option<PathBuf>,
    /// Sample trios from the families in DIR instead, by this csv of kin pairs with relations
    #[arg(long, value_name = "CSV", conflicts_with = "trios")]
    relationships: Option<PathBuf>,
    #[command(flatten)]
    families: Families,
    /// Number of photo trios to sample for every two parents with a child
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    per_trio: u16,
    #[command(flatten)]
    judge: Judge,
}

#[derive(Args)]
struct RetrievalArguments {
    #[command(flatten)]
    opened: Opened,
    #[command(flatten)]
    families: Families,
    /// Number of nearest photos to score for each probe
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=Options::MAX_CANDIDATES as i64))]
    candidates: u16,
    /// Seed of the intervals
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the metrics to this file too
    #[arg(long, value_name = "OUT")]
    json: Option<PathBuf>,
}

#[derive(Args)]
struct SubmissionArguments {
    /// The pairs: a csv with image_pair,is_related
    #[arg(long, value_name = "FILE")]
    pairs: PathBuf,
    /// Folder or zip archive of the test photos
    #[arg(long, value_name = "DIR")]
    root: PathBuf,
    /// Folder of the model bundle
    #[arg(long, value_name = "BUNDLE")]
    model: PathBuf,
    #[command(flatten)]
    compute: Compute,
    /// Submission file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    match &arguments.command {
        Command::Verification(arguments) => run_verification(arguments),
        Command::TriSubject(arguments) => run_tri_subject(arguments),
        Command::Retrieval(arguments) => run_retrieval(arguments),
        Command::Identification(arguments) => evaluate_identification::run(arguments),
        Command::Groups(arguments) => evaluate_groups::run(arguments),
        Command::Landmarks(arguments) => evaluate_landmarks::run(arguments),
        Command::Submission(arguments) => run_submission(arguments),
    }
}

impl Judge {
    pub(super) fn load(&self) -> Result<Bundle, Failure> {
        Ok(self.compute.load(&self.model)?)
    }
}

fn run_verification(arguments: &VerificationArguments) -> Result<ExitStatus, Failure> {
    let VerificationArguments { root, pairs, relationships, families, per_kin, judge } = arguments;
    let wanted = families.read()?;
    let mut source = Source::open(root)?;
    let pairs = match (pairs, relationships) {
        (Some(pairs), _) => {
            let mut pairs = read_pairs(pairs)?;
            pairs.retain(|pair| pair.photos.iter().all(|photo| wanted.has_path(photo)));
            listed_pairs(&pairs)
        }
        (None, Some(csv)) => {
            let mut kin = read_relationships(csv)?;
            kin.retain(|pair| pair.people().iter().all(|person| wanted.has(person.family())));
            drawn_pairs(&source, &kin, (*per_kin).into(), judge.seed)?
        }
        (None, None) => unreachable!("clap requires one of the two"),
    };
    let bundle = judge.load()?;
    let display = Display::start()?;
    let context = EvaluationContext { source: &mut source, bundle: &bundle, progress: &display };
    let report = verify(pairs, context, judge.seed)?;
    display.finish();
    let Some(report) = report else { return Ok(stopped()) };
    print_verification(&report);
    write_json(judge.json.as_deref(), &report)?;
    Ok(ending(&report.rejected))
}

fn run_tri_subject(arguments: &TriSubjectArguments) -> Result<ExitStatus, Failure> {
    let TriSubjectArguments { root, trios, relationships, families, per_trio, judge } = arguments;
    let wanted = families.read()?;
    let mut source = Source::open(root)?;
    let trios = match (trios, relationships) {
        (Some(list), _) => {
            let mut trios = read_trios(list)?;
            trios.retain(|trio| trio.photos.iter().all(|photo| wanted.has_path(photo)));
            trios
        }
        (None, Some(csv)) => {
            let mut kin = read_relationships(csv)?;
            kin.retain(|pair| pair.people().iter().all(|person| wanted.has(person.family())));
            drawn_trios(&source, &kin, (*per_trio).into(), judge.seed)?
        }
        (None, None) => unreachable!("clap requires one of the two"),
    };
    let bundle = judge.load()?;
    let display = Display::start()?;
    let context = EvaluationContext { source: &mut source, bundle: &bundle, progress: &display };
    let report = verify_trios(&trios, context, judge.seed)?;
    display.finish();
    let Some(report) = report else { return Ok(stopped()) };
    print_tri_subject(&report);
    write_json(judge.json.as_deref(), &report)?;
    Ok(ending(&report.rejected))
}

fn run_retrieval(arguments: &RetrievalArguments) -> Result<ExitStatus, Failure> {
    let wanted = arguments.families.read()?;
    let (gallery, bundle) = arguments.opened.open()?;
    let display = Display::start()?;
    let options = RetrievalOptions {
        candidates: arguments.candidates.into(),
        seed: arguments.seed,
        is_probe: &|person| wanted.has(person.family()),
    };
    let report = retrieve(&*gallery, bundle.ensemble(), &options, &display)?;
    display.finish();
    let Some(report) = report else { return Ok(stopped()) };
    print_retrieval(&report);
    write_json(arguments.json.as_deref(), &report)?;
    Ok(ExitStatus::Done)
}

fn run_submission(arguments: &SubmissionArguments) -> Result<ExitStatus, Failure> {
    let pairs = read_submission(&arguments.pairs)?;
    let bundle = arguments.compute.load(&arguments.model)?;
    let display = Display::start()?;
    let answers = submission(&pairs, &arguments.root, &bundle, &display)?;
    display.finish();
    let Some(Answers { probabilities, rejected }) = answers else { return Ok(stopped()) };
    print_rejected(&rejected);
    let photos = pairs.iter().map(|pair| pair.photos.clone());
    write_submission(&arguments.out, photos.zip(probabilities))?;
    line!("{} pairs answered in {}", pairs.len(), arguments.out.display());
    Ok(ending(&rejected))
}

pub(super) fn stopped() -> ExitStatus {
    line!("stopped; nothing was measured");
    ExitStatus::Stopped
}

pub(super) fn ending(rejected: &[Rejected]) -> ExitStatus {
    if rejected.is_empty() { ExitStatus::Done } else { ExitStatus::SomeRejected }
}

pub(super) fn write_json(file: Option<&Path>, report: &impl Serialize) -> Result<(), Failure> {
    let Some(file) = file else { return Ok(()) };
    let text = serde_json::to_string_pretty(report)
        .map_err(|error| Failure::new(ErrorKind::Internal, error.to_string()))?;
    write_output(file, text.as_bytes())
}

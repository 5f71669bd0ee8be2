//! `kindred evaluate groups`

use std::path::PathBuf;

use clap::Args;

use super::evaluate::{Judge, ending, stopped, write_json};
use super::exit::{ExitStatus, Failure};
use super::families::Families;
use super::figures::print_groups;
use super::progress::Display;
use crate::dataset::{Source, read_labels};
use crate::evaluate::{EvaluationContext, GroupOptions, compare_groups};

#[derive(Args)]
pub(super) struct Arguments {
    /// Folder or zip archive of families; their photos are compared
    #[arg(long, value_name = "DIR")]
    root: PathBuf,
    /// Photos with group labels: a csv with the column path and the one of --column
    #[arg(long, value_name = "CSV")]
    labels: PathBuf,
    /// Root of the paths in the labels: a folder or zip archive
    #[arg(long, value_name = "DIR")]
    labels_root: PathBuf,
    /// Column of the labels, such as ethnicity or sex; 2 to 20 distinct labels
    #[arg(long, value_name = "NAME")]
    column: String,
    #[command(flatten)]
    families: Families,
    #[command(flatten)]
    judge: Judge,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let wanted = arguments.families.read()?;
    let labels = read_labels(&arguments.labels, &arguments.column)?;
    let mut source = Source::open(&arguments.root)?;
    let mut labeled = Source::open(&arguments.labels_root)?;
    let bundle = arguments.judge.load()?;
    let display = Display::start()?;
    let options = GroupOptions {
        labels: &labels,
        is_compared: &|photo| wanted.has_photo(photo),
        seed: arguments.judge.seed,
    };
    let context = EvaluationContext { source: &mut source, bundle: &bundle, progress: &display };
    let report = compare_groups(context, &mut labeled, &options)?;
    display.finish();
    let Some(report) = report else { return Ok(stopped()) };
    print_groups(&report);
    write_json(arguments.judge.json.as_deref(), &report)?;
    Ok(ending(&report.rejected))
}

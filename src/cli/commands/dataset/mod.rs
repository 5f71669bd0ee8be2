//! `kindred dataset`

mod synthesize;

use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::cli::args::{FormatArgs, OutputFormat, PhotosArgs};
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::note;
use crate::cli::print::{collection_json, print_collection, print_json};
use crate::cli::progress::Display;
use crate::dataset::read_relationships;
use crate::error::ErrorKind;
use crate::inspect::{draw_kin, survey};

const EXAMPLES: &str = "\
Examples:
  kindred dataset --photos photos
  kindred dataset --photos photos --relationships kin.csv --contact-sheet kin.png
  kindred dataset synthesize --families 100 --seed 7 --out drawn";

#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_long_help = EXAMPLES
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<DatasetCommand>,
    #[command(flatten)]
    description: Option<DescriptionArgs>,
}

#[derive(Subcommand)]
enum DatasetCommand {
    /// Synthesize families of fictitious people, with photos and lists
    Synthesize(synthesize::Args),
}

// A folder of photos stands for a description. Clap leaves the group empty without one.
#[derive(clap::Args)]
#[group(args = ["photos"])]
struct DescriptionArgs {
    #[command(flatten)]
    photos: PhotosArgs,
    /// Csv of kin pairs: F0002/MID1,F0002/MID3 and optionally the relation
    #[arg(long, value_name = "CSV")]
    relationships: Option<PathBuf>,
    /// Image to write, of some listed kin with some of their photos
    #[arg(long, value_name = "FILE.png", requires = "relationships")]
    contact_sheet: Option<PathBuf>,
    #[command(flatten)]
    format: FormatArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    match (&args.command, &args.description) {
        (Some(DatasetCommand::Synthesize(args)), _) => synthesize::run(args),
        (None, Some(args)) => describe(args),
        (None, None) => unreachable!("clap requires the photos"),
    }
}

fn describe(args: &DescriptionArgs) -> Result<ExitStatus, Failure> {
    // Cheap checks come first.
    args.contact_sheet.as_deref().map(check_extension).transpose()?;
    let mut source = args.photos.open()?;
    let pairs = args.relationships.as_deref().map(read_relationships).transpose()?;
    let display = Display::start()?;
    let found = survey(&mut source, pairs.as_deref(), &display)?;
    display.finish();
    let Some(found) = found else {
        // Standard output is reserved for the description, which a program may read.
        note!("stopped before all photos were read; there is nothing to describe");
        return Ok(ExitStatus::Stopped);
    };
    match args.format.format {
        OutputFormat::Text => print_collection(&found),
        OutputFormat::Json => print_json(&collection_json(&found))?,
    }
    if let Some(file) = &args.contact_sheet {
        let shown = draw_kin(&found, &mut source, file)?;
        note!("{shown} kin pairs drawn in {}", file.display());
    }
    Ok(if found.unreadable.is_empty() { ExitStatus::Done } else { ExitStatus::SomeRejected })
}

/// Refuses a file that does not end in .png: it may be a photo or a list, named by mistake.
fn check_extension(file: &Path) -> Result<(), Failure> {
    if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png")) {
        return Ok(());
    }
    let message = format!("--contact-sheet {} must end in .png", file.display());
    Err(Failure::new(ErrorKind::InvalidInput, message))
}

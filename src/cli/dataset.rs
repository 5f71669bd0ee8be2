//! `kindred dataset`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::description::print;
use super::description_json::print_json;
use super::exit::{ExitStatus, Failure};
use super::output::note;
use super::progress::Display;
use super::synthesize;
use crate::dataset::{Source, read_relationships};
use crate::error::ErrorKind;
use crate::inspect::{draw_kin, survey};

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Folder or zip archive with one folder per family and in it one per person: F0001/MID1/photo.jpg
    #[arg(required = true)]
    dir: Option<PathBuf>,
    /// Csv of kin pairs: F0002/MID1,F0002/MID3 and optionally the relation
    #[arg(long, value_name = "CSV")]
    relationships: Option<PathBuf>,
    /// Write JSON
    #[arg(long)]
    json: bool,
    /// Image to write, of some listed kin with some of their photos
    #[arg(long, value_name = "FILE.png", requires = "relationships")]
    contact_sheet: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Synthesize families of fictitious people, with photos and lists of kin and landmarks
    Synthesize(synthesize::Arguments),
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    match (&arguments.command, &arguments.dir) {
        (Some(Command::Synthesize(arguments)), _) => synthesize::run(arguments),
        (None, dir) => describe(dir.as_deref().expect("required without a subcommand"), arguments),
    }
}

fn describe(dir: &Path, arguments: &Arguments) -> Result<ExitStatus, Failure> {
    // Cheap checks come first.
    arguments.contact_sheet.as_deref().map(check_extension).transpose()?;
    let mut source = Source::open(dir)?;
    let pairs = arguments.relationships.as_deref().map(read_relationships).transpose()?;
    let display = Display::start()?;
    let found = survey(&mut source, pairs.as_deref(), &display)?;
    display.finish();
    let Some(found) = found else {
        // Standard output is reserved for the description, which a program may read.
        note!("stopped before all photos were read; there is nothing to describe");
        return Ok(ExitStatus::Stopped);
    };
    if arguments.json {
        print_json(&found);
    } else {
        print(&found);
    }
    if let Some(file) = &arguments.contact_sheet {
        let shown = draw_kin(&found, &mut source, file)?;
        note!("{shown} kin pairs drawn in {}", file.display());
    }
    Ok(if found.unreadable.is_empty() { ExitStatus::Done } else { ExitStatus::SomeRejected })
}

/// Refuses a file without the extension of an image: it may be a photo or a list, named by mistake.
fn check_extension(file: &Path) -> Result<(), Failure> {
    if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png")) {
        return Ok(());
    }
    let message = format!("--contact-sheet {} must end in .png", file.display());
    Err(Failure::new(ErrorKind::InvalidInput, message))
}

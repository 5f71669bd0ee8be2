//! `kindred gallery export`

use std::path::PathBuf;

use crate::cli::args::GalleryFolderArgs;
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::print::print_archived;
use crate::cli::progress::Display;
use crate::gallery;

const EXAMPLES: &str = "\
Examples:
  kindred gallery export --gallery my-gallery --out my-gallery.zip";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// File to create
    #[arg(long, value_name = "FILE.zip")]
    out: PathBuf,
    #[command(flatten)]
    gallery: GalleryFolderArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let gallery = gallery::open(&args.gallery.gallery)?;
    let display = Display::start()?;
    let exported = gallery::export(&*gallery, &args.out, &display)?;
    display.finish();
    let Some(exported) = exported else { return Ok(ExitStatus::Stopped) };
    print_archived(&exported, &format!("written to {}", args.out.display()));
    Ok(ExitStatus::Done)
}

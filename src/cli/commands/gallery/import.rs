//! `kindred gallery import`

use std::path::PathBuf;

use crate::cli::args::GalleryFolderArgs;
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::line;
use crate::cli::print::print_archived;
use crate::cli::progress::Display;
use crate::gallery::EmbeddedGallery;

const EXAMPLES: &str = "\
Examples:
  kindred gallery import my-gallery.zip --gallery elsewhere";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Exported file, from kindred gallery export
    file: PathBuf,
    #[command(flatten)]
    gallery: GalleryFolderArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let gallery = &args.gallery.gallery;
    let display = Display::start()?;
    let imported = EmbeddedGallery::import(gallery, &args.file, &display)?;
    display.finish();
    let Some(imported) = imported else {
        line!("stopped; run the same command again to resume");
        return Ok(ExitStatus::Stopped);
    };
    print_archived(&imported, &format!("imported into {}", gallery.display()));
    Ok(ExitStatus::Done)
}

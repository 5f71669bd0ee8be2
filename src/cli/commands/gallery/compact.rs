//! `kindred gallery compact`

use super::verify::verify;
use crate::cli::args::GalleryFolderArgs;
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::progress::Display;
use crate::domain::Progress;
use crate::gallery::EmbeddedGallery;

const EXAMPLES: &str = "\
Examples:
  kindred gallery compact --gallery my-gallery";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    gallery: GalleryFolderArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let gallery = EmbeddedGallery::open(&args.gallery.gallery)?;
    let display = Display::start()?;
    gallery.compact(&display)?;
    display.finish();
    if display.cancelled() {
        return Ok(ExitStatus::Stopped);
    }
    verify(&gallery.rewrite()?)?;
    Ok(ExitStatus::Done)
}

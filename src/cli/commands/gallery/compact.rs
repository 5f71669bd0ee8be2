//! `kindred gallery compact`

use super::verify::verify;
use crate::cli::args::GalleryFolderArgs;
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::progress::Display;
use crate::domain::Progress;
use crate::gallery::EmbeddedGallery;

pub(super) const EXAMPLES: &str = "\
Examples:
  kindred gallery compact --gallery my-gallery";

pub(super) fn run(args: &GalleryFolderArgs) -> Result<ExitStatus, Failure> {
    let gallery = EmbeddedGallery::open(&args.gallery)?;
    let display = Display::start()?;
    gallery.compact(&display)?;
    display.finish();
    if display.cancelled() {
        return Ok(ExitStatus::Stopped);
    }
    verify(&gallery.rewrite()?)?;
    Ok(ExitStatus::Done)
}

//! `kindred gallery rebuild`

use super::verify::verify;
use crate::cli::args::GalleryFolderArgs;
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::progress::Display;
use crate::domain::Progress;
use crate::gallery::EmbeddedGallery;

pub(super) const EXAMPLES: &str = "\
Examples:
  kindred gallery rebuild --gallery my-gallery";

pub(super) fn run(args: &GalleryFolderArgs) -> Result<ExitStatus, Failure> {
    let display = Display::start()?;
    let gallery = EmbeddedGallery::rebuild(&args.gallery, &display)?;
    display.finish();
    verify(&gallery)?;
    Ok(if display.cancelled() { ExitStatus::Stopped } else { ExitStatus::Done })
}

//! `kindred gallery verify`

use crate::cli::args::GalleryFolderArgs;
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::line;
use crate::cli::print::print_stats;
use crate::gallery::EmbeddedGallery;

pub(super) const EXAMPLES: &str = "\
Examples:
  kindred gallery verify --gallery my-gallery";

pub(super) fn run(args: &GalleryFolderArgs) -> Result<ExitStatus, Failure> {
    verify(&EmbeddedGallery::open(&args.gallery)?)?;
    Ok(ExitStatus::Done)
}

/// Checks a gallery and prints its content.
pub(super) fn verify(gallery: &EmbeddedGallery) -> Result<(), Failure> {
    print_stats(&gallery.verify()?);
    line!("everything is intact");
    Ok(())
}

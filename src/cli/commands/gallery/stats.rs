//! `kindred gallery stats`

use crate::cli::args::GalleryFolderArgs;
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::print::print_stats;
use crate::gallery::EmbeddedGallery;

pub(super) const EXAMPLES: &str = "\
Examples:
  kindred gallery stats --gallery my-gallery";

pub(super) fn run(args: &GalleryFolderArgs) -> Result<ExitStatus, Failure> {
    print_stats(&EmbeddedGallery::open(&args.gallery)?.stats()?);
    Ok(ExitStatus::Done)
}

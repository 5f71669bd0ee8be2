//! `kindred gallery stats`

use crate::cli::args::GalleryFolderArgs;
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::print::print_stats;
use crate::gallery::EmbeddedGallery;

const EXAMPLES: &str = "\
Examples:
  kindred gallery stats --gallery my-gallery";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    gallery: GalleryFolderArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    print_stats(&EmbeddedGallery::open(&args.gallery.gallery)?.stats()?);
    Ok(ExitStatus::Done)
}

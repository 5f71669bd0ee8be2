//! `kindred gallery`

mod compact;
mod delete;
mod export;
mod import;
mod rebuild;
mod stats;
mod verify;

use clap::Subcommand;

use crate::cli::args::GalleryFolderArgs;
use crate::cli::exit::{ExitStatus, Failure};

const EXAMPLES: &str = "\
Examples:
  kindred gallery stats --gallery my-gallery
  kindred gallery export --gallery my-gallery --out my-gallery.zip
  kindred gallery import my-gallery.zip --gallery elsewhere";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: GalleryCommand,
}

#[derive(Subcommand)]
enum GalleryCommand {
    /// Print the content and the size of a gallery
    #[command(after_long_help = stats::EXAMPLES)]
    Stats(GalleryFolderArgs),
    /// Check every checksum, every count and every link
    #[command(after_long_help = verify::EXAMPLES)]
    Verify(GalleryFolderArgs),
    /// Merge all photos into one search graph, and drop deleted data
    #[command(after_long_help = compact::EXAMPLES)]
    Compact(GalleryFolderArgs),
    /// Delete photos, people or families, with their kin pairs
    Delete(delete::Args),
    /// Write a gallery into one file
    Export(export::Args),
    /// Add the content of an exported file to a gallery
    Import(import::Args),
    /// Rebuild everything that follows from the stored photos
    #[command(after_long_help = rebuild::EXAMPLES)]
    Rebuild(GalleryFolderArgs),
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    match &args.command {
        GalleryCommand::Stats(args) => stats::run(args),
        GalleryCommand::Verify(args) => verify::run(args),
        GalleryCommand::Compact(args) => compact::run(args),
        GalleryCommand::Delete(args) => delete::run(args),
        GalleryCommand::Export(args) => export::run(args),
        GalleryCommand::Import(args) => import::run(args),
        GalleryCommand::Rebuild(args) => rebuild::run(args),
    }
}

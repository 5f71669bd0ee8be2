//! `kindred gallery delete`

use crate::cli::args::GalleryFolderArgs;
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::line;
use crate::cli::print::print_deleted;
use crate::domain::EntityId;
use crate::gallery;

const EXAMPLES: &str = "\
Examples:
  kindred gallery delete F0001/MID2 F0007 --gallery my-gallery";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Families, people or photos: F0001, F0001/MID2, F0001/MID2/P00001_face0
    #[arg(required = true, value_name = "ID")]
    entities: Vec<EntityId>,
    #[command(flatten)]
    gallery: GalleryFolderArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let gallery = gallery::open(&args.gallery.gallery)?;
    for entity in &args.entities {
        print_deleted(&gallery.delete(entity)?);
    }
    line!("run kindred gallery compact to have their bytes off the disk as well");
    Ok(ExitStatus::Done)
}

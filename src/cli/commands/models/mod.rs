//! `kindred models`

mod import;
mod inspect;
mod list;

use clap::Subcommand;

use crate::cli::exit::{ExitStatus, Failure};

const EXAMPLES: &str = "\
Examples:
  kindred models import vgg_face_dag.pth --architecture vgg16 --out models/vgg16
  kindred models list models
  kindred models inspect models/default";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: ModelsCommand,
}

#[derive(Subcommand)]
enum ModelsCommand {
    /// Create a bundle from weights in safetensors, PyTorch, numpy or Keras format
    Import(import::Args),
    /// List the bundles in a folder
    List(list::Args),
    /// Print the content of a bundle or a weights file
    Inspect(inspect::Args),
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    match &args.command {
        ModelsCommand::Import(args) => import::run(args),
        ModelsCommand::List(args) => list::run(args),
        ModelsCommand::Inspect(args) => inspect::run(args),
    }
}

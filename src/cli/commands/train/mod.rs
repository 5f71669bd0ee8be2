//! `kindred train`

mod axes;
mod backbone;
mod ensemble;
mod job;
mod landmarks;
mod network_file;
mod report;
mod sources;
mod stages;

use clap::Subcommand;

use crate::cli::exit::{ExitStatus, Failure};

const EXAMPLES: &str = "\
Examples:
  kindred train --photos photos --relationships kin.csv \\
      --backbone vggface-lite=lite.safetensors --mirror --out models/family
  kindred train --photos fiw=photos --relationships fiw=kin.csv \\
      --photos archive=photos-2 --relationships archive=kin-2.csv \\
      --backbone vggface-lite=lite.safetensors --out models/family
  kindred train landmarks --photos photos --landmarks landmarks.csv --out landmarks.safetensors";

#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_long_help = EXAMPLES
)]
pub(crate) struct Args {
    #[command(subcommand)]
    network: Option<TrainCommand>,
    #[command(flatten)]
    ensemble: Option<ensemble::Args>,
}

/// Networks that can be trained separately.
#[derive(Subcommand)]
enum TrainCommand {
    /// Train a small backbone to predict the embeddings of another one
    Backbone(backbone::Args),
    /// Add kinship axes to the embedding of a trained backbone
    Axes(axes::Args),
    /// Train the landmark network, which aligns faces
    Landmarks(landmarks::Args),
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    match (&args.network, &args.ensemble) {
        (Some(TrainCommand::Axes(args)), _) => axes::run(args),
        (Some(TrainCommand::Backbone(args)), _) => backbone::run(args),
        (Some(TrainCommand::Landmarks(args)), _) => landmarks::run(args),
        (None, Some(args)) => ensemble::run(args),
        (None, None) => unreachable!("clap requires the arguments of an ensemble"),
    }
}

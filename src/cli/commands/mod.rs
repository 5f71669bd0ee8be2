//! The commands, one file or folder each.

mod compare;
mod completions;
mod config;
mod dataset;
mod demo;
mod embed;
mod evaluate;
mod gallery;
mod ingest;
mod keys;
mod man;
mod models;
mod search;
mod serve;
mod train;

use clap::{CommandFactory, Parser, Subcommand};

use super::exit::{ExitStatus, Failure};

const NOTES: &str = "\
Exit codes:
  0    done
  1    failed
  2    done, but some photos were rejected
  3    trained, but not written: the ensemble is not better than the floor
  64   the command line is wrong
  130  stopped by Ctrl-C

Environment (flags override it):
  KINDRED_GALLERY       folder of the gallery, --gallery
  KINDRED_MODEL         folder of the model bundle, --model
  KINDRED_PHOTOS        folder of photos, --photos
  KINDRED_DEVICE        device of the backbones, --device
  KINDRED_PRECISION     number format of the computation, --precision
  KINDRED_VECTOR_DTYPE  number format of the vectors in memory, --vector-dtype
  KINDRED_CONFIG        settings of kindred serve; its other flags have variables too
  RAYON_NUM_THREADS     number of threads
  RUST_LOG              filter of the log of kindred serve
  XDG_CACHE_HOME        folder for the built-in bundle; default ~/.cache";

/// Find likely blood relatives by face: index family photos, search and serve them.
#[derive(Parser)]
#[command(name = "kindred", version, about, max_term_width = 100, after_long_help = NOTES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Add family photos to a gallery
    Ingest(ingest::Args),
    /// Find people in a gallery by photos of a person
    Search(search::Args),
    /// Estimate how likely the people in two photos are kin
    Compare(compare::Args),
    /// Answer searches over HTTP
    Serve(Box<serve::Args>),
    /// Print the effective settings of `kindred serve`
    Config(Box<config::Args>),
    /// Create, list and revoke API keys
    Keys(keys::Args),
    /// Inspect, verify, reduce, copy and repair a gallery
    Gallery(gallery::Args),
    /// Write the embeddings of photos to a file
    Embed(embed::Args),
    /// Train a kinship ensemble, or one of its networks
    Train(Box<train::Args>),
    /// Measure the accuracy of a bundle
    Evaluate(evaluate::Args),
    /// Describe family photos, or synthesize some
    Dataset(dataset::Args),
    /// Run a demonstration with drawn families
    Demo(demo::Args),
    /// Import, list and inspect model bundles
    Models(models::Args),
    /// Print the completions of a shell
    Completions(completions::Args),
    /// Print or write the manual pages
    Man(man::Args),
}

impl Cli {
    /// Runs the command.
    pub(crate) fn run(&self) -> Result<ExitStatus, Failure> {
        match &self.command {
            Command::Ingest(args) => ingest::run(args),
            Command::Search(args) => search::run(args),
            Command::Compare(args) => compare::run(args),
            Command::Serve(args) => serve::run(args),
            Command::Config(args) => config::run(args),
            Command::Keys(args) => keys::run(args),
            Command::Gallery(args) => gallery::run(args),
            Command::Embed(args) => embed::run(args),
            Command::Train(args) => train::run(args),
            Command::Evaluate(args) => evaluate::run(args),
            Command::Dataset(args) => dataset::run(args),
            Command::Demo(args) => demo::run(args),
            Command::Models(args) => models::run(args),
            Command::Completions(args) => completions::run(args, Self::command()),
            Command::Man(args) => man::run(args, Self::command()),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}

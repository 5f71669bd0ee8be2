//! The command line: one file per command.

mod answer;
mod compare;
mod compute;
mod config;
mod dataset;
mod demo;
mod description;
mod description_json;
mod embed;
mod evaluate;
mod evaluate_groups;
mod evaluate_identification;
mod evaluate_landmarks;
mod exit;
mod families;
mod figures;
mod gallery;
mod ingest;
mod keys;
mod models;
mod opened;
mod output;
mod probe;
mod progress;
mod search;
mod serve;
mod settings;
mod synthesize;
mod train;
mod train_axes;
mod train_backbone;
mod train_landmarks;
mod train_report;
mod train_sources;
mod unfreeze;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use exit::{ExitStatus, Failure};
use output::note;

/// Find likely blood relatives by face: index family photos, search them, serve them over HTTP.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Enroll a folder or zip of family photos (F0001/MID1/photo.jpg) into a gallery
    Ingest(ingest::Arguments),
    /// Find the people in a gallery that are most similar to the face in a photo
    Search(search::Arguments),
    /// Estimate how likely the people in two photos are kin
    Compare(compare::Arguments),
    /// Answer searches over HTTP
    Serve(Box<serve::Arguments>),
    /// Print the effective settings of `kindred serve` from a file, the environment and flags
    Config(Box<config::Arguments>),
    /// Create, list and revoke the API keys of a gallery's service
    Keys(keys::Arguments),
    /// Manage a gallery: inspect, verify, delete, copy and repair
    Gallery(gallery::Arguments),
    /// Write the embeddings of a folder or zip of photos to a safetensors file
    Embed(embed::Arguments),
    /// Train an ensemble that distinguishes kin from others, and create a bundle of it
    Train(Box<train::Arguments>),
    /// Measure the accuracy of a bundle: verification, tri-subject, retrieval, and a Kaggle submission
    Evaluate(evaluate::Arguments),
    /// Describe a folder or zip of family photos: people, kin and errors; or synthesize one
    Dataset(dataset::Arguments),
    /// Run a demonstration: synthesize families, index them, search them and serve them on this machine
    Demo(demo::Arguments),
    /// Import, list and inspect model bundles
    Models(models::Arguments),
}

/// Runs the command line of this process.
///
/// Exit codes:
/// - 0: done
/// - 1: failed
/// - 2: done, but some photos were rejected
/// - 3: trained but not written
/// - 64: the command line is wrong
/// - 130: stopped by Ctrl-C
pub fn run() -> ExitCode {
    let command = match Cli::try_parse() {
        Ok(Cli { command }) => command,
        Err(error) => {
            // This is help or a usage error. If it cannot be printed, the failure cannot be reported either.
            let _ = error.print();
            return if error.use_stderr() { ExitStatus::WrongUsage } else { ExitStatus::Done }
                .into();
        }
    };
    let done = run_command(&command).and_then(|ending| output::finish().map(|()| ending));
    done.unwrap_or_else(|failure| {
        note!("error: {failure}");
        ExitStatus::from(failure.kind())
    })
    .into()
}

fn run_command(command: &Command) -> Result<ExitStatus, Failure> {
    match command {
        Command::Ingest(arguments) => ingest::run(arguments),
        Command::Search(arguments) => search::run(arguments),
        Command::Compare(arguments) => compare::run(arguments),
        Command::Serve(arguments) => serve::run(arguments),
        Command::Config(arguments) => config::run(arguments),
        Command::Keys(arguments) => keys::run(arguments),
        Command::Gallery(arguments) => gallery::run(arguments),
        Command::Embed(arguments) => embed::run(arguments),
        Command::Train(arguments) => train::run(arguments),
        Command::Evaluate(arguments) => evaluate::run(arguments),
        Command::Dataset(arguments) => dataset::run(arguments),
        Command::Demo(arguments) => demo::run(arguments),
        Command::Models(arguments) => models::run(arguments),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}

//! `kindred evaluate`

mod groups;
mod identification;
mod landmarks;
mod outcome;
mod retrieval;
mod submission;
mod tri_subject;
mod verification;

use clap::Subcommand;

use crate::cli::exit::{ExitStatus, Failure};

const EXAMPLES: &str = "\
Examples:
  kindred evaluate verification --photos photos --relationships kin.csv
  kindred evaluate retrieval --gallery my-gallery
  kindred evaluate identification --gallery my-gallery --report metrics.json";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: EvaluateCommand,
}

#[derive(Subcommand)]
enum EvaluateCommand {
    /// Distinguish kin from unrelated people, pair by pair
    Verification(verification::Args),
    /// Distinguish the children of two people from others
    TriSubject(tri_subject::Args),
    /// Find relatives in a gallery, by the search of the service
    Retrieval(retrieval::Args),
    /// Measure how often searches mark strangers and miss relatives
    Identification(identification::Args),
    /// Compare the false match rates of groups of people
    Groups(groups::Args),
    /// Measure the distance between detected and listed landmarks
    Landmarks(landmarks::Args),
    /// Predict the pairs of a Kaggle submission
    Submission(submission::Args),
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    match &args.command {
        EvaluateCommand::Verification(args) => verification::run(args),
        EvaluateCommand::TriSubject(args) => tri_subject::run(args),
        EvaluateCommand::Retrieval(args) => retrieval::run(args),
        EvaluateCommand::Identification(args) => identification::run(args),
        EvaluateCommand::Groups(args) => groups::run(args),
        EvaluateCommand::Landmarks(args) => landmarks::run(args),
        EvaluateCommand::Submission(args) => submission::run(args),
    }
}

//! The command line.
//!
//! `commands` mirrors the commands, `args` has the options that they share, `print` their output.

mod args;
mod cache;
mod commands;
mod deprecated;
mod exit;
mod output;
mod print;
mod probe;
mod progress;
mod rewrite;

use std::env;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use commands::Cli;
use exit::ExitStatus;
use output::note;

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
    let rewritten = rewrite::rewrite(env::args_os().collect(), &Cli::command());
    for message in &rewritten.notes {
        note!("note: {message}");
    }
    let cli = match Cli::try_parse_from(rewritten.arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help or a usage error. If it cannot be printed, that cannot be reported either.
            let _ = error.print();
            let status = if error.use_stderr() { ExitStatus::WrongUsage } else { ExitStatus::Done };
            return status.into();
        }
    };
    let done = cli.run().and_then(|status| output::finish().map(|()| status));
    done.unwrap_or_else(|failure| {
        note!("error: {failure}");
        failure.status()
    })
    .into()
}

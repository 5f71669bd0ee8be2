//! `kindred man`

use std::io;
use std::path::PathBuf;

use clap_mangen::Man;

use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::line;
use crate::error::io_kind;

const EXAMPLES: &str = "\
Examples:
  kindred man | man -l -
  kindred man --out ~/.local/share/man/man1";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Folder of the pages to write, one a command; default standard output
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints the manual page of `command`, or writes the pages of all its subcommands.
pub(super) fn run(args: &Args, command: clap::Command) -> Result<ExitStatus, Failure> {
    match &args.out {
        Some(folder) => {
            std::fs::create_dir_all(folder)
                .and_then(|()| clap_mangen::generate_to(command, folder))
                .map_err(|error| failure(&error, &format!("cannot write {}", folder.display())))?;
            line!("written to {}", folder.display());
        }
        None => {
            let mut page = Vec::new();
            Man::new(command)
                .render(&mut page)
                .map_err(|error| failure(&error, "cannot make the page"))?;
            line!("{}", String::from_utf8_lossy(&page).trim_end());
        }
    }
    Ok(ExitStatus::Done)
}

fn failure(error: &io::Error, what: &str) -> Failure {
    Failure::new(io_kind(error), format!("{what}: {error}"))
}

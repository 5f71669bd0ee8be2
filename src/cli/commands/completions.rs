//! `kindred completions`

use clap_complete::{Shell, generate};

use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::line;

const EXAMPLES: &str = "\
Examples:
  kindred completions bash > ~/.local/share/bash-completion/completions/kindred
  kindred completions zsh > ~/.zfunc/_kindred
  kindred completions fish > ~/.config/fish/completions/kindred.fish";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Shell that reads the completions
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the completions of `command`.
pub(super) fn run(args: &Args, mut command: clap::Command) -> Result<ExitStatus, Failure> {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    generate(args.shell, &mut command, name, &mut script);
    line!("{}", String::from_utf8_lossy(&script).trim_end());
    Ok(ExitStatus::Done)
}

//! `kindred keys`

use std::path::{Path, PathBuf};

use clap::Subcommand;
use clap::builder::PossibleValuesParser;

use crate::api::keys::{Key, KeyRing, Scope};
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::line;
use crate::error::ErrorKind;

const EXAMPLES: &str = "\
Examples:
  kindred keys create --name website --scopes search --gallery my-gallery
  kindred keys list --gallery my-gallery
  kindred keys revoke 1b9d6bcd --gallery my-gallery";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: KeysCommand,
    /// Folder of the gallery; its server needs no restart
    #[arg(long, value_name = "DIR", global = true, env = "KINDRED_GALLERY")]
    gallery: Option<PathBuf>,
    /// Data directory of the service; default the gallery's folder
    #[arg(long, value_name = "DIR", global = true, env = "KINDRED_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Create a key and print it, once
    Create {
        /// Owner or purpose of the key
        #[arg(long)]
        name: String,
        /// Scopes: search, write (add photos, list kin), admin (delete, read metrics)
        #[arg(
            long,
            value_delimiter = ',',
            required = true,
            value_parser = PossibleValuesParser::new(Scope::ALL.map(Scope::name))
        )]
        scopes: Vec<String>,
    },
    /// List all keys, without their secrets
    List,
    /// Revoke a key
    Revoke {
        /// Id of the key, from `kindred keys list`
        id: String,
    },
}

impl Args {
    /// Returns the folder of the keys.
    fn folder(&self) -> Result<&Path, Failure> {
        if let Some(data_dir) = &self.data_dir {
            return Ok(data_dir);
        }
        let gallery = self.gallery.as_ref().ok_or_else(|| {
            let detail = "name the gallery with --gallery, or the data directory with --data-dir";
            Failure::new(ErrorKind::InvalidInput, detail)
        })?;
        if !gallery.is_dir() {
            let detail = format!("{} is no folder; make the gallery first", gallery.display());
            return Err(Failure::new(ErrorKind::NotFound, detail));
        }
        Ok(gallery)
    }
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let ring = KeyRing::new(args.folder()?);
    match &args.command {
        KeysCommand::Create { name, scopes } => {
            let scopes =
                Scope::ALL.into_iter().filter(|scope| scopes.iter().any(|s| s == scope.name()));
            line!("{}", ring.create(name, scopes.collect())?);
        }
        KeysCommand::List => ring.keys()?.iter().for_each(print),
        KeysCommand::Revoke { id } => ring.revoke(id)?,
    }
    Ok(ExitStatus::Done)
}

fn print(Key { id, name, scopes, created_at, .. }: &Key) {
    let scopes: Vec<&str> = scopes.iter().map(|scope| scope.name()).collect();
    line!("{id}  {created_at}  {:<20}  {name}", scopes.join(","));
}

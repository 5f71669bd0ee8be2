//! `kindred keys`

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

use super::exit::{ExitStatus, Failure};
use super::output::line;
use crate::api::keys::{Key, KeyRing, Scope};
use crate::error::ErrorKind;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Folder of the gallery; its server needs no restart
    #[arg(long, global = true, env = "KINDRED_GALLERY")]
    gallery: Option<PathBuf>,
    /// Data directory of the service; default the gallery's folder
    #[arg(long, value_name = "DIR", global = true, env = "KINDRED_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Create a key and print it; it is not stored and cannot be printed again
    Create {
        /// Owner or purpose of the key
        #[arg(long)]
        name: String,
        /// Scopes: search, write (enroll photos, list kin), admin (delete, read metrics)
        #[arg(long, value_delimiter = ',', required = true, value_parser = PossibleValuesParser::new(Scope::ALL.map(Scope::name)))]
        scopes: Vec<String>,
    },
    /// List all keys, without their secrets
    List,
    /// Revoke a key; requests with it are refused from then on
    Revoke {
        /// Id of the key, from `kindred keys list`
        id: String,
    },
}

impl Arguments {
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

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let ring = KeyRing::new(arguments.folder()?);
    match &arguments.command {
        Command::Create { name, scopes } => {
            let named = |scope: &Scope| scopes.iter().any(|name| name == scope.name());
            line!("{}", ring.create(name, Scope::ALL.into_iter().filter(named).collect())?);
        }
        Command::List => ring.keys()?.iter().for_each(print),
        Command::Revoke { id } => ring.revoke(id)?,
    }
    Ok(ExitStatus::Done)
}

fn print(Key { id, name, scopes, created_at, .. }: &Key) {
    let scopes: Vec<&str> = scopes.iter().map(|scope| scope.name()).collect();
    line!("{id}  {created_at}  {:<20}  {name}", scopes.join(","));
}

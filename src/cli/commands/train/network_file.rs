//! A network and its weights file: `NAME=FILE`.

use std::path::PathBuf;
use std::str::FromStr;

use crate::network::architectures::Architecture;

/// A network and its weights file: `NAME=FILE`.
#[derive(Clone, Debug)]
pub(super) struct NetworkFile {
    pub(super) architecture: String,
    pub(super) file: PathBuf,
}

impl FromStr for NetworkFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = text.split_once('=').ok_or("a backbone is NAME=FILE")?;
        if !Architecture::NAMES.contains(&name) {
            let known = Architecture::NAMES.join(", ");
            return Err(format!("'{name}' is no network known here; known are {known}"));
        }
        Ok(Self { architecture: name.to_owned(), file: file.into() })
    }
}

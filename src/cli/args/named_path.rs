//! Paths that may name their source: `NAME=PATH`.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use crate::cli::exit::Failure;
use crate::error::ErrorKind;

/// A path that may name its source: `NAME=PATH`.
#[derive(Clone, Debug)]
pub(crate) struct NamedPath {
    name: Option<String>,
    pub(crate) path: PathBuf,
}

/// Indices of sources by name.
pub(crate) struct SourceNames {
    indices: BTreeMap<String, usize>,
    /// Source of lists without a name.
    default: Option<usize>,
}

impl FromStr for NamedPath {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.split_once('=').filter(|(name, _)| is_name(name)) {
            Some((name, path)) => Self { name: Some(name.to_owned()), path: path.into() },
            None => Self { name: None, path: text.into() },
        })
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

impl NamedPath {
    /// Returns the name of the source, or that of its folder.
    pub(crate) fn source_name(&self) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let stem = self.path.file_stem().map(|name| name.to_string_lossy().into_owned());
        stem.unwrap_or_else(|| "photos".into())
    }
}

impl SourceNames {
    /// Numbers the sources. Lists without a name belong to the source `default`.
    ///
    /// # Errors
    /// If two sources have one name.
    pub(crate) fn new(
        names: impl IntoIterator<Item = String>,
        default: Option<usize>,
    ) -> Result<Self, Failure> {
        let mut indices = BTreeMap::new();
        for (i, name) in names.into_iter().enumerate() {
            if indices.insert(name.clone(), i).is_some() {
                let detail =
                    format!("two sources are called '{name}'; name them, such as {name}-2=DIR");
                return Err(Failure::new(ErrorKind::InvalidInput, detail));
            }
        }
        Ok(Self { indices, default })
    }

    /// Returns the index of the source to which a list belongs.
    ///
    /// # Errors
    /// If no source has its name, or it has none and there are several sources.
    pub(crate) fn index(&self, list: &NamedPath) -> Result<usize, Failure> {
        let Some(name) = &list.name else {
            let list = list.path.display();
            return self.default.ok_or_else(|| {
                let detail = format!("{list} belongs to one of several sources; write NAME={list}");
                Failure::new(ErrorKind::InvalidInput, detail)
            });
        };
        self.indices.get(name).copied().ok_or_else(|| {
            let known: Vec<&str> = self.indices.keys().map(String::as_str).collect();
            let detail = format!("no source is called '{name}'; known are {}", known.join(", "));
            Failure::new(ErrorKind::InvalidInput, detail)
        })
    }
}

//! Family filter: options of commands that train and evaluate.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::Failure;
use crate::domain::{FamilyId, PhotoId};
use crate::error::{ErrorKind, io_kind};

#[derive(Args)]
pub(super) struct Families {
    /// List of families to include, one a line
    #[arg(long, value_name = "FILE", conflicts_with = "without")]
    only: Option<PathBuf>,
    /// List of families to exclude, one a line, so that they can be used for evaluation later
    #[arg(long, value_name = "FILE")]
    without: Option<PathBuf>,
}

/// Filter of families.
pub(super) struct Wanted {
    listed: BTreeSet<FamilyId>,
    /// Whether the listed families are included, or all others.
    only: bool,
}

impl Families {
    /// Reads the list, if any.
    pub(super) fn read(&self) -> Result<Wanted, Failure> {
        let list = self.only.as_deref().or(self.without.as_deref());
        let listed = list.map(read_families).transpose()?.unwrap_or_default();
        Ok(Wanted { listed, only: self.only.is_some() })
    }
}

impl Wanted {
    /// Creates a filter that includes only the listed families.
    pub(super) fn only(listed: BTreeSet<FamilyId>) -> Self {
        Self { listed, only: true }
    }

    /// Creates a filter that includes all families except the listed ones.
    pub(super) fn without(listed: BTreeSet<FamilyId>) -> Self {
        Self { listed, only: false }
    }

    pub(super) fn has(&self, family: FamilyId) -> bool {
        self.listed.contains(&family) == self.only
    }

    pub(super) fn has_photo(&self, photo: &PhotoId) -> bool {
        self.has(photo.member().family())
    }

    /// Returns whether the photo at a path is included.
    ///
    /// A photo in no family is included unless the list names the families to include.
    pub(super) fn has_path(&self, path: &str) -> bool {
        let family = path.split('/').find_map(|part| part.parse().ok());
        family.map_or(!self.only, |family| self.has(family))
    }
}

pub(super) fn read_families(list: &Path) -> Result<BTreeSet<FamilyId>, Failure> {
    let failed = |kind, reason: String| Failure::new(kind, format!("{}: {reason}", list.display()));
    let text = std::fs::read_to_string(list)
        .map_err(|error| failed(io_kind(&error), format!("cannot be read: {error}")))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let parse = |line: &str| {
        let reason = |_| format!("'{line}' is no family; a line is one such as F0003");
        line.parse::<FamilyId>().map_err(|error| failed(ErrorKind::InvalidInput, reason(error)))
    };
    lines.map(parse).collect()
}

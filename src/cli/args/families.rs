//! Family filter of commands that ingest, train and evaluate.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::cli::exit::Failure;
use crate::dataset::read_relationships;
use crate::domain::{FamilyId, PhotoId, Relationship};
use crate::error::{ErrorKind, io_kind};

#[derive(clap::Args)]
pub(crate) struct FamilyFilterArgs {
    /// List of families to include, one a line; default all
    #[arg(long, value_name = "FILE", conflicts_with = "exclude_families")]
    include_families: Option<PathBuf>,
    /// List of families to exclude, one a line
    #[arg(long, value_name = "FILE")]
    exclude_families: Option<PathBuf>,
}

/// Filter of families.
pub(crate) enum FamilyFilter {
    /// The listed families.
    Include(BTreeSet<FamilyId>),
    /// All families but the listed ones.
    Exclude(BTreeSet<FamilyId>),
}

impl FamilyFilterArgs {
    /// Reads the list, if any.
    pub(crate) fn read(&self) -> Result<FamilyFilter, Failure> {
        match (&self.include_families, &self.exclude_families) {
            (Some(list), _) => Ok(FamilyFilter::Include(read_families(list)?)),
            (None, Some(list)) => Ok(FamilyFilter::Exclude(read_families(list)?)),
            (None, None) => Ok(FamilyFilter::default()),
        }
    }
}

impl Default for FamilyFilter {
    fn default() -> Self {
        Self::Exclude(BTreeSet::new())
    }
}

impl FamilyFilter {
    pub(crate) fn has(&self, family: FamilyId) -> bool {
        match self {
            Self::Include(listed) => listed.contains(&family),
            Self::Exclude(listed) => !listed.contains(&family),
        }
    }

    /// Reads a list of kin pairs. Returns the pairs of included families.
    pub(crate) fn read_kin(&self, list: &Path) -> Result<Vec<Relationship>, Failure> {
        let mut kin = read_relationships(list)?;
        kin.retain(|pair| pair.people().iter().all(|person| self.has(person.family())));
        Ok(kin)
    }

    pub(crate) fn has_photo(&self, photo: &PhotoId) -> bool {
        self.has(photo.member().family())
    }

    /// Returns whether the photo at a path is included.
    ///
    /// A photo in no family is included unless the list names the families to include.
    pub(crate) fn has_path(&self, path: &str) -> bool {
        let family = path.split('/').find_map(|part| part.parse().ok());
        family.map_or(matches!(self, Self::Exclude(_)), |family| self.has(family))
    }
}

/// Reads a list of families, one a line.
pub(crate) fn read_families(list: &Path) -> Result<BTreeSet<FamilyId>, Failure> {
    let text = std::fs::read_to_string(list).map_err(|error| {
        Failure::new(io_kind(&error), format!("{}: cannot be read: {error}", list.display()))
    })?;
    let mut families = BTreeSet::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let family = line.parse().map_err(|_| {
            let list = list.display();
            let message = format!("{list}: '{line}' is no family; a line is one such as F0003");
            Failure::new(ErrorKind::InvalidInput, message)
        })?;
        families.insert(family);
    }
    Ok(families)
}

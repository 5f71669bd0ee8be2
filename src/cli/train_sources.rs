//! Photo sources of `kindred train`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::Failure;
use super::families::{Wanted, read_families};
use crate::dataset::{Source, read_relationships};
use crate::domain::{PhotoId, Relationship};
use crate::error::ErrorKind;
use crate::ingest::{Layout, Plan};

/// A value that may name its source: `NAME=VALUE`.
#[derive(Clone, Debug)]
pub(super) struct Named {
    name: Option<String>,
    path: PathBuf,
}

#[derive(Args)]
pub(super) struct SourceArguments {
    /// Folder or zip archive of families: F0001/MID1/photo.jpg; several sources need names, such as fiw=DIR
    #[arg(long = "photos", alias = "data", value_name = "[NAME=]DIR", value_parser = named, required = true)]
    photos: Vec<Named>,
    /// Csv of a source's kin pairs: F0002/MID1,F0002/MID3 and optionally the relation
    #[arg(long, value_name = "[NAME=]CSV", value_parser = named, required = true)]
    relationships: Vec<Named>,
    /// Folder of unrelated people, one folder each: pairs of one person, and strangers that normalize scores
    #[arg(long, value_name = "[NAME=]DIR", value_parser = named)]
    people: Vec<Named>,
    /// Folder of unrelated people, one photo each: strangers that normalize scores
    #[arg(long, value_name = "[NAME=]DIR", value_parser = named)]
    faces: Vec<Named>,
    /// List of a source's families to include, one a line
    #[arg(long, value_name = "[NAME=]FILE", value_parser = named, conflicts_with = "without")]
    only: Vec<Named>,
    /// List of a source's families to exclude, one a line, so that they can be evaluated later
    #[arg(long, value_name = "[NAME=]FILE", value_parser = named)]
    without: Vec<Named>,
}

/// A source of photos.
pub(super) struct PhotoSource {
    pub(super) name: String,
    pub(super) folder: PathBuf,
    pub(super) relationships: Vec<Relationship>,
    layout: Layout,
    families: Wanted,
}

fn named(text: &str) -> Result<Named, String> {
    let is_name = |name: &&str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    Ok(match text.split_once('=').filter(|(name, _)| is_name(name)) {
        Some((name, path)) => Named { name: Some(name.to_owned()), path: path.into() },
        None => Named { name: None, path: text.into() },
    })
}

impl SourceArguments {
    /// Reads the sources: those of families first, in the order of the command line.
    ///
    /// # Errors
    /// - A name is used twice, or belongs to no source.
    /// - A source has no list of kin.
    /// - A list cannot be read.
    pub(super) fn read(&self) -> Result<Vec<PhotoSource>, Failure> {
        let mut sources = Vec::new();
        let layouts = [
            (&self.photos, Layout::Families),
            (&self.people, Layout::People),
            (&self.faces, Layout::Single),
        ];
        for (folders, layout) in layouts {
            for folder in folders {
                sources.push(PhotoSource {
                    name: folder.source_name(),
                    folder: folder.path.clone(),
                    relationships: Vec::new(),
                    layout,
                    families: Wanted::without(Default::default()),
                });
            }
        }
        let mut indices: BTreeMap<String, usize> = BTreeMap::new();
        for (i, source) in sources.iter().enumerate() {
            if indices.insert(source.name.clone(), i).is_some() {
                let detail = format!(
                    "two sources are called '{0}'; name them, such as {0}-2=DIR",
                    source.name
                );
                return Err(Failure::new(ErrorKind::InvalidInput, detail));
            }
        }
        let lone = self.photos.len() == 1;
        let index = |list: &Named| match &list.name {
            Some(name) => indices.get(name).copied().ok_or_else(|| {
                let detail = format!("no source is called '{name}'; known are {}", known(&indices));
                Failure::new(ErrorKind::InvalidInput, detail)
            }),
            None if lone => Ok(0),
            None => {
                let detail = format!(
                    "{} belongs to one of several sources; write NAME={0}",
                    list.path.display()
                );
                Err(Failure::new(ErrorKind::InvalidInput, detail))
            }
        };
        for list in &self.relationships {
            sources[index(list)?].relationships = read_relationships(&list.path)?;
        }
        for list in &self.only {
            sources[index(list)?].families = Wanted::only(read_families(&list.path)?);
        }
        for list in &self.without {
            sources[index(list)?].families = Wanted::without(read_families(&list.path)?);
        }
        let lacks_kin = |source: &&PhotoSource| {
            source.layout == Layout::Families && source.relationships.is_empty()
        };
        if let Some(source) = sources.iter().find(lacks_kin) {
            let detail =
                format!("no kin of source '{0}'; add --relationships {0}=CSV", source.name);
            return Err(Failure::new(ErrorKind::InvalidInput, detail));
        }
        Ok(sources)
    }
}

fn known(indices: &BTreeMap<String, usize>) -> String {
    indices.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

impl Named {
    /// Returns the name of the source, or that of its folder.
    fn source_name(&self) -> String {
        let folder = || self.path.file_stem().map(|name| name.to_string_lossy().into_owned());
        self.name.clone().or_else(folder).unwrap_or_else(|| "photos".into())
    }
}

impl PhotoSource {
    /// Returns the photos to embed, without those of excluded families.
    ///
    /// # Errors
    /// If the folder cannot be read, or has no photos.
    pub(super) fn plan(&self) -> Result<Plan, Failure> {
        let plan = Plan::with_layout(Source::open(&self.folder)?, self.layout)?;
        Ok(match self.layout {
            Layout::Families => plan.retaining(|photo| self.families.has_photo(photo)),
            Layout::People | Layout::Single => plan,
        })
    }

    /// Returns the number of families in which two listed kin have photos, before any photo is embedded.
    pub(super) fn families_with_kin(&self, photos: &[PhotoId]) -> usize {
        crate::dataset::Pedigree::new(photos.to_vec(), &self.relationships)
            .families_with_kin()
            .len()
    }

    /// Returns the folder of the photos.
    pub(super) fn path(&self) -> &Path {
        &self.folder
    }
}

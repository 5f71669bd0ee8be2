//! Photo sources of `kindred train`.

use std::path::{Path, PathBuf};

use crate::cli::args::{FamilyFilter, NamedPath, SourceNames, read_families};
use crate::cli::exit::Failure;
use crate::dataset::{Pedigree, Source, read_relationships};
use crate::domain::{PhotoId, Relationship};
use crate::error::ErrorKind;
use crate::ingest::{Layout, Plan};

#[derive(clap::Args)]
pub(super) struct SourceArgs {
    /// Folder or zip archive of families; several need names, such as fiw=DIR
    #[arg(long, value_name = "[NAME=]DIR", required = true, env = "KINDRED_PHOTOS")]
    photos: Vec<NamedPath>,
    /// Csv of a source's kin pairs: F0002/MID1,F0002/MID3, optionally the relation
    #[arg(long, value_name = "[NAME=]CSV", required = true)]
    relationships: Vec<NamedPath>,
    /// Folder of unrelated people, one folder each, which normalize scores
    ///
    /// Their pairs of photos train the same-person score.
    #[arg(long, value_name = "[NAME=]DIR")]
    people: Vec<NamedPath>,
    /// Folder of unrelated people, one photo each, which normalize scores
    #[arg(long, value_name = "[NAME=]DIR")]
    faces: Vec<NamedPath>,
    /// List of a source's families to include, one a line; default all
    #[arg(long, value_name = "[NAME=]FILE", conflicts_with = "exclude_families")]
    include_families: Vec<NamedPath>,
    /// List of a source's families to exclude, one a line
    #[arg(long, value_name = "[NAME=]FILE")]
    exclude_families: Vec<NamedPath>,
}

/// A source of photos.
pub(super) struct PhotoSource {
    pub(super) name: String,
    pub(super) folder: PathBuf,
    pub(super) relationships: Vec<Relationship>,
    layout: Layout,
    families: FamilyFilter,
}

impl SourceArgs {
    /// Reads the sources: those of families first, in the order of the command line.
    ///
    /// # Errors
    /// - A name is used twice, or belongs to no source.
    /// - A source has no list of kin.
    /// - A list cannot be read.
    pub(super) fn read(&self) -> Result<Vec<PhotoSource>, Failure> {
        let mut sources = self.folders();
        let default = (self.photos.len() == 1).then_some(0);
        let names = sources.iter().map(|source| source.name.clone());
        let names = SourceNames::new(names, default)?;
        for list in &self.relationships {
            sources[names.index(list)?].relationships = read_relationships(&list.path)?;
        }
        for list in &self.include_families {
            let families = FamilyFilter::Include(read_families(&list.path)?);
            sources[names.index(list)?].families = families;
        }
        for list in &self.exclude_families {
            let families = FamilyFilter::Exclude(read_families(&list.path)?);
            sources[names.index(list)?].families = families;
        }
        match sources.iter().find(|source| source.lacks_kin()) {
            None => Ok(sources),
            Some(source) => {
                let detail =
                    format!("no kin of source '{0}'; add --relationships {0}=CSV", source.name);
                Err(Failure::new(ErrorKind::InvalidInput, detail))
            }
        }
    }

    /// Returns the sources without their lists.
    fn folders(&self) -> Vec<PhotoSource> {
        let layouts = [
            (&self.photos, Layout::Families),
            (&self.people, Layout::People),
            (&self.faces, Layout::Single),
        ];
        let mut sources = Vec::new();
        for (folders, layout) in layouts {
            for folder in folders {
                sources.push(PhotoSource {
                    name: folder.source_name(),
                    folder: folder.path.clone(),
                    relationships: Vec::new(),
                    layout,
                    families: FamilyFilter::default(),
                });
            }
        }
        sources
    }
}

impl PhotoSource {
    fn lacks_kin(&self) -> bool {
        self.layout == Layout::Families && self.relationships.is_empty()
    }

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

    /// Returns the number of families in which two listed kin have photos.
    pub(super) fn families_with_kin(&self, photos: &[PhotoId]) -> usize {
        Pedigree::new(photos.to_vec(), &self.relationships).families_with_kin().len()
    }

    /// Returns the folder of the photos.
    pub(super) fn path(&self) -> &Path {
        &self.folder
    }
}

//! Folders of photos with lists of their landmarks.

use super::named_path::{NamedPath, SourceNames};
use crate::cli::exit::Failure;
use crate::error::ErrorKind;
use crate::train::FaceFolder;

#[derive(clap::Args)]
pub(crate) struct LabeledPhotosArgs {
    /// Folder of photos; several need names, such as drawn=DIR
    #[arg(long, value_name = "[NAME=]DIR", required = true, env = "KINDRED_PHOTOS")]
    photos: Vec<NamedPath>,
    /// Csv of a folder's landmarks, with paths relative to the folder
    #[arg(long, value_name = "[NAME=]CSV", required = true)]
    landmarks: Vec<NamedPath>,
}

impl LabeledPhotosArgs {
    /// Returns each folder with its list.
    ///
    /// # Errors
    /// If a folder has no list, or a list has no folder.
    pub(crate) fn folders(&self) -> Result<Vec<FaceFolder>, Failure> {
        let default = (self.photos.len() == 1).then_some(0);
        let names = SourceNames::new(self.photos.iter().map(NamedPath::source_name), default)?;
        let mut lists = vec![None; self.photos.len()];
        for list in &self.landmarks {
            lists[names.index(list)?] = Some(list.path.clone());
        }
        let mut folders = Vec::with_capacity(lists.len());
        for (photos, landmarks) in self.photos.iter().zip(lists) {
            let landmarks = landmarks.ok_or_else(|| {
                let name = photos.source_name();
                let detail = format!("no landmarks of '{name}'; add --landmarks {name}=CSV");
                Failure::new(ErrorKind::InvalidInput, detail)
            })?;
            folders.push(FaceFolder { folder: photos.path.clone(), landmarks });
        }
        Ok(folders)
    }
}

//! What is in a collection of family photos: [`survey`] reads every photo of it, [`draw_kin`] puts related people on a
//! sheet.

mod duplicates;
mod error;
mod read;
mod sheet;

use std::collections::BTreeMap;

use crate::dataset::{Misplaced, Pedigree, Source, Summary, Unreadable, family_photos};
use crate::domain::{PhotoId, Progress, Relationship};
use crate::photo::EXTENSIONS;

pub use duplicates::Duplicate;
pub use error::SurveyError;
pub use sheet::draw_kin;

/// What was found in a collection.
pub struct Survey {
    /// The readable photos and the listed kin, in numbers.
    pub summary: Summary,
    /// Photos that cannot be decoded, and folders and files that cannot be listed.
    pub unreadable: Vec<Unreadable>,
    /// Photos that are nobody's, or somebody's a second time; they were not read.
    pub misplaced: Vec<Misplaced>,
    /// Readable photos of the same bytes; those of different people first.
    pub duplicates: Vec<Duplicate>,
    /// Files that are no photos by their extension.
    pub other_files: usize,
    pedigree: Pedigree,
    /// Where each readable photo is in the source.
    paths: BTreeMap<PhotoId, String>,
}

/// Reads and decodes every photo of families in `source`. `None` where `progress` said to stop.
///
/// # Errors
/// When there are no photos of families. A photo that cannot be read is no error but is named in the survey.
pub fn survey(
    source: &mut Source,
    relationships: Option<&[Relationship]>,
    progress: &dyn Progress,
) -> Result<Option<Survey>, SurveyError> {
    let listing = source.list(&EXTENSIONS)?;
    let families = family_photos(source, &listing)?;
    let Some(read) = read::read_all(source, &families.photos, progress) else { return Ok(None) };
    let mut paths = families.photos;
    paths.retain(|photo, _| read.hashes.contains_key(photo));
    let photos = paths.keys().cloned().collect();
    let pedigree = Pedigree::new(photos, relationships.unwrap_or_default());
    Ok(Some(Survey {
        summary: Summary::new(&pedigree, relationships),
        unreadable: listing.unreadable.into_iter().chain(read.unreadable).collect(),
        misplaced: families.misplaced,
        duplicates: duplicates::find(read.hashes),
        other_files: listing.other_files,
        pedigree,
        paths,
    }))
}

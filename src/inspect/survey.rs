//! Survey of a collection.

use std::collections::BTreeMap;

use super::duplicates::{self, Duplicate};
use super::error::SurveyError;
use super::reader;
use super::summary::Summary;
use crate::dataset::{MisplacedPhoto, Pedigree, Source, UnreadableEntry, family_photos};
use crate::domain::{PhotoId, Progress, Relationship};
use crate::photo::EXTENSIONS;

/// Result of a survey.
pub struct Survey {
    /// Statistics of the readable photos and the listed kin.
    pub summary: Summary,
    /// Photos that cannot be decoded, and folders and files that cannot be listed.
    pub unreadable: Vec<UnreadableEntry>,
    /// Photos without a person, or duplicates by name. They were not read.
    pub misplaced: Vec<MisplacedPhoto>,
    /// Readable photos with identical bytes. Those of different people come first.
    pub duplicates: Vec<Duplicate>,
    /// Files without a photo extension.
    pub other_files: usize,
    pub(super) pedigree: Pedigree,
    /// Path of each readable photo in the source.
    pub(super) paths: BTreeMap<PhotoId, String>,
}

/// Reads and decodes every photo of families in `source`. Returns `None` if `progress` is
/// cancelled.
///
/// A photo that cannot be read is no error. It is named in the survey.
///
/// # Errors
/// [`SurveyError::Dataset`] if there are no photos of families.
pub fn survey(
    source: &mut Source,
    relationships: Option<&[Relationship]>,
    progress: &dyn Progress,
) -> Result<Option<Survey>, SurveyError> {
    let listing = source.list(&EXTENSIONS)?;
    let families = family_photos(source, &listing)?;
    let Some(scan) = reader::scan_photos(source, &families.photos, progress) else {
        return Ok(None);
    };
    let mut paths = families.photos;
    paths.retain(|photo, _| scan.hashes.contains_key(photo));
    let photos = paths.keys().cloned().collect();
    let pedigree = Pedigree::new(photos, relationships.unwrap_or_default());
    Ok(Some(Survey {
        summary: Summary::new(&pedigree, relationships),
        unreadable: listing.unreadable.into_iter().chain(scan.unreadable).collect(),
        misplaced: families.misplaced,
        duplicates: duplicates::find(scan.hashes),
        other_files: listing.other_files,
        pedigree,
        paths,
    }))
}

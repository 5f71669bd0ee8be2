//! The FIW layout: `F0001/MID1/P00001_face0.jpg`, at any depth.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

use super::{DatasetError, Listing, Source};
use crate::domain::{FamilyId, PersonId, PhotoId};

/// The photos of families in a source.
#[derive(Debug)]
pub struct FamilyPhotos {
    /// Path of each photo in the source, in the order of the identities.
    pub photos: BTreeMap<PhotoId, String>,
    /// Photos without a person, or duplicates by name.
    pub misplaced: Vec<MisplacedPhoto>,
}

/// A photo that belongs to no family, or is a duplicate by name.
#[derive(Debug)]
pub struct MisplacedPhoto {
    /// Path in the source.
    pub path: String,
    /// The reason, as text.
    pub reason: String,
}

/// Assigns each listed photo to a person by the last three parts of its path.
///
/// # Errors
/// [`DatasetError::NoFamilies`] if no photo is in a family.
pub fn family_photos(source: &Source, listing: &Listing) -> Result<FamilyPhotos, DatasetError> {
    let mut found = FamilyPhotos { photos: BTreeMap::new(), misplaced: Vec::new() };
    for path in &listing.photos {
        let Some(photo) = identify(&source.identifying_path(path)) else {
            found.misplace(path, "not in a folder F0001/MID1 of a family and a person".into());
            continue;
        };
        match found.photos.entry(photo) {
            Entry::Vacant(entry) => {
                entry.insert(path.clone());
            }
            Entry::Occupied(entry) => {
                let reason =
                    format!("{} is the same photo of the same person by its name", entry.get());
                found.misplace(path, reason);
            }
        }
    }
    if found.photos.is_empty() && !listing.photos.is_empty() {
        let photos = listing.photos.len();
        return Err(DatasetError::NoFamilies { path: source.path().to_owned(), photos });
    }
    Ok(found)
}

/// Finds the photos of unrelated people, one folder a person. Each person is the only one of a
/// family.
///
/// The families are numbered in the order of the folders.
pub fn people_photos(source: &Source, listing: &Listing) -> FamilyPhotos {
    let mut people: BTreeMap<PathBuf, Vec<&String>> = BTreeMap::new();
    for path in &listing.photos {
        let folder = source.identifying_path(path).parent().map(Path::to_owned);
        people.entry(folder.unwrap_or_default()).or_default().push(path);
    }
    unrelated(people.into_values())
}

/// Finds photos of unrelated people, one photo of each, in any folders.
pub fn single_photos(listing: &Listing) -> FamilyPhotos {
    unrelated(listing.photos.iter().map(|path| vec![path]))
}

/// Assigns photos person by person. Each person is the only one of a family.
fn unrelated<'a>(people: impl Iterator<Item = Vec<&'a String>>) -> FamilyPhotos {
    let mut found = FamilyPhotos { photos: BTreeMap::new(), misplaced: Vec::new() };
    for (family, photos) in (1..).zip(people) {
        let person = PersonId::new(FamilyId::new(family), 1);
        for path in photos {
            let name = Path::new(path).file_stem().and_then(|name| name.to_str());
            match PhotoId::new(person, name.unwrap_or_default()) {
                Ok(photo) => drop(found.photos.insert(photo, path.clone())),
                Err(error) => found.misplace(path, error.to_string()),
            }
        }
    }
    found
}

impl FamilyPhotos {
    fn misplace(&mut self, path: &str, reason: String) {
        self.misplaced.push(MisplacedPhoto { path: path.to_owned(), reason });
    }
}

/// Identifies a photo by the last three parts of its path.
///
/// Returns `None` if these are not a family, a person and a name.
///
/// ```
/// use std::path::Path;
///
/// let photo = kindred::dataset::identify(Path::new("photos/F0001/MID2/P00003_face1.jpg"));
/// assert_eq!(photo.map(|id| id.to_string()).as_deref(), Some("F0001/MID2/P00003_face1"));
/// ```
pub fn identify(path: &Path) -> Option<PhotoId> {
    let name = path.file_stem()?.to_str()?;
    let member = path.parent()?;
    let family = member.parent()?.file_name()?.to_str()?;
    let member = member.file_name()?.to_str()?;
    PhotoId::new(format!("{family}/{member}").parse().ok()?, name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_is_a_person_and_every_photo_is_one_of_single_photos() {
        let folder = tempfile::tempdir().unwrap();
        for photo in ["Ann/1.png", "Ann/2.png", "Bob/1.png"] {
            let path = folder.path().join(photo);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let source = Source::open(folder.path()).unwrap();
        let listing = source.list(&["png"]).unwrap();
        let ids = |found: FamilyPhotos| -> Vec<String> {
            found.photos.keys().map(ToString::to_string).collect()
        };
        let people = ids(people_photos(&source, &listing));
        assert_eq!(people, ["F0001/MID1/1", "F0001/MID1/2", "F0002/MID1/1"]);
        let single = ids(single_photos(&listing));
        assert_eq!(single, ["F0001/MID1/1", "F0002/MID1/2", "F0003/MID1/1"]);
    }

    #[test]
    fn the_last_three_parts_of_a_path_say_whose_photo_it_is() {
        let id = |path: &str| identify(Path::new(path)).map(|photo| photo.to_string());
        let expected = Some("F0001/MID2/P00003_face1".to_owned());
        assert_eq!(id("F0001/MID2/P00003_face1.jpg"), expected);
        assert_eq!(id("/archive/F0009/F0001/MID2/P00003_face1.JPEG"), expected);
        assert_eq!(id("F0001/P00003_face1.jpg"), None);
        assert_eq!(id("P00003_face1.jpg"), None);
        assert_eq!(id("F0001/unknown/P00003_face1.jpg"), None);
    }
}

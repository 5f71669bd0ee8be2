//! The FIW layout: `F0001/MID1/P00001_face0.jpg`, at any depth.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use super::{DatasetError, Listing, Source};
use crate::domain::PhotoId;

/// The photos of families in a source.
#[derive(Debug)]
pub struct FamilyPhotos {
    /// Whose photo each file is, in the order of the identities; the path is relative to the source.
    pub photos: BTreeMap<PhotoId, String>,
    /// Photos that are nobody's, or somebody's a second time.
    pub misplaced: Vec<Misplaced>,
}

/// A photo that has no place among the families.
#[derive(Debug)]
pub struct Misplaced {
    /// Path in the source.
    pub path: String,
    /// Why, in words.
    pub reason: String,
}

/// Tells whose photo each listed file is by the last three parts of its path.
///
/// # Errors
/// When no photo is in a family.
pub fn family_photos(source: &Source, listing: &Listing) -> Result<FamilyPhotos, DatasetError> {
    let mut found = FamilyPhotos { photos: BTreeMap::new(), misplaced: Vec::new() };
    for path in &listing.photos {
        let Some(photo) = identify(&source.identifying_path(path)) else {
            found.misplace(path, "not in a folder F0001/MID1 of a family and a person".into());
            continue;
        };
        match found.photos.entry(photo) {
            Entry::Vacant(place) => drop(place.insert(path.clone())),
            Entry::Occupied(taken) => {
                let reason =
                    format!("{} is the same photo of the same person by its name", taken.get());
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

impl FamilyPhotos {
    fn misplace(&mut self, path: &str, reason: String) {
        self.misplaced.push(Misplaced { path: path.to_owned(), reason });
    }
}

/// Whose photo a file is, by the last three parts of its path; none where they are no family, person and name.
pub fn identify(path: &Path) -> Option<PhotoId> {
    let name = path.file_stem()?.to_str()?;
    let member = path.parent()?;
    let family = member.parent()?.file_name()?.to_str()?;
    let member = member.file_name()?.to_str()?;
    PhotoId::new(format!("{family}/{member}").parse().ok()?, name).ok()
}

#[cfg(test)]
mod tests {
    use super::identify;
    use std::path::Path;

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

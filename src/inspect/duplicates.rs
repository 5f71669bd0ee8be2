//! Duplicate photos.

use std::collections::{BTreeMap, HashMap};

use crate::domain::{ContentHash, PhotoId};

/// Photos with identical bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// Two or more, in the order of their identities.
    pub photos: Vec<PhotoId>,
    /// Whether they are listed under different people. That is wrong for a crop of one face.
    pub across_people: bool,
}

/// Groups photos by their bytes.
///
/// The groups across people come first. Each kind is in the order of its first photos.
pub(super) fn find(hashes: BTreeMap<PhotoId, ContentHash>) -> Vec<Duplicate> {
    let mut groups: HashMap<ContentHash, Vec<PhotoId>> = HashMap::new();
    for (photo, hash) in hashes {
        groups.entry(hash).or_default().push(photo);
    }
    let several = groups.into_values().filter(|photos| photos.len() > 1);
    let mut found: Vec<Duplicate> = several.map(Duplicate::new).collect();
    found.sort_by(|a, b| (!a.across_people, &a.photos).cmp(&(!b.across_people, &b.photos)));
    found
}

impl Duplicate {
    fn new(photos: Vec<PhotoId>) -> Self {
        let across_people = photos.iter().any(|photo| photo.member() != photos[0].member());
        Self { photos, across_people }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_of_the_same_bytes_are_grouped_and_those_of_different_people_come_first() {
        let photos = [
            ("F0001/MID1/a", 1),
            ("F0001/MID1/b", 2),
            ("F0001/MID1/c", 1),
            ("F0001/MID2/a", 3),
            ("F0002/MID1/a", 3),
            ("F0002/MID1/b", 3),
        ];
        let hashed = photos.map(|(id, byte)| (id.parse().unwrap(), ContentHash([byte; 32])));
        let found: Vec<(String, bool)> = find(hashed.into())
            .iter()
            .map(|group| {
                let ids: Vec<_> = group.photos.iter().map(ToString::to_string).collect();
                (ids.join(" "), group.across_people)
            })
            .collect();
        let across = "F0001/MID2/a F0002/MID1/a F0002/MID1/b".to_owned();
        assert_eq!(found, [(across, true), ("F0001/MID1/a F0001/MID1/c".to_owned(), false)]);
    }
}

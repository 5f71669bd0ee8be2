//! Families, people and photos, named on the command line.

use crate::domain::{FamilyId, MemberId, PhotoId};
use crate::gallery::Selection;

/// A family, a person or a photo.
#[derive(Clone, Debug)]
pub(super) enum Who {
    Family(FamilyId),
    Person(MemberId),
    Photo(PhotoId),
}

/// Reads the name of one.
pub(super) fn who(text: &str) -> Result<Who, String> {
    let family = || text.parse().map(Who::Family).ok();
    let person = || text.parse().map(Who::Person).ok();
    let photo = || text.parse().map(Who::Photo).ok();
    family().or_else(person).or_else(photo).ok_or_else(|| {
        "not a family such as F0001, a person such as F0001/MID1, or a photo such as \
         F0001/MID1/P00001_face0"
            .to_owned()
    })
}

/// All of some.
pub(super) fn selection(named: &[Who]) -> Selection {
    let mut selection = Selection::default();
    for who in named {
        match who {
            Who::Family(family) => drop(selection.families.insert(*family)),
            Who::Person(person) => drop(selection.people.insert(*person)),
            Who::Photo(photo) => drop(selection.photos.insert(photo.clone())),
        }
    }
    selection
}

//! An identifier of a family, a person or a photo.

use std::fmt;
use std::str::FromStr;

use super::{FamilyId, IdentityError, PersonId, PhotoId};

/// A family, a person or a photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntityId {
    /// All members of a family.
    Family(FamilyId),
    /// A person.
    Person(PersonId),
    /// One photo of a person.
    Photo(PhotoId),
}

impl EntityId {
    /// Returns whether all photos of a person are included.
    pub fn includes(&self, person: PersonId) -> bool {
        match self {
            Self::Family(family) => person.family() == *family,
            Self::Person(id) => person == *id,
            Self::Photo(_) => false,
        }
    }
}

impl FromStr for EntityId {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let entity = text
            .parse()
            .map(Self::Family)
            .or_else(|_| text.parse().map(Self::Person))
            .or_else(|_| text.parse().map(Self::Photo));
        entity.map_err(|_: IdentityError| IdentityError {
            expected: "a family such as F0001, a person such as F0001/MID1, or a photo such as \
                       F0001/MID1/P00001_face0",
            found: text.into(),
        })
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Family(family) => family.fmt(f),
            Self::Person(person) => person.fmt(f),
            Self::Photo(photo) => photo.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_it_names_and_reads_back() {
        for name in ["F0001", "F0001/MID2", "F0001/MID2/P00001_face0"] {
            assert_eq!(name.parse::<EntityId>().unwrap().to_string(), name);
        }
        assert!(matches!("F0001/MID2".parse(), Ok(EntityId::Person(_))));
        for name in ["", "Smith", "F1", "F0001/", "F0001/2", "F0001/MID2/", "../F0001"] {
            assert!(name.parse::<EntityId>().is_err(), "{name}");
        }
    }
}

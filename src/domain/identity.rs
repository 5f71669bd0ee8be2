//! Families, their members and their photos, named as in Families In the Wild (FIW).

use std::fmt;
use std::str::FromStr;

/// A family, written `F0001`: the letter F and a number of at least four digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FamilyId(u32);

/// A person, written `F0001/MID1`: a family and the number of its member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId {
    family: FamilyId,
    number: u32,
}

/// A photo of one face, written `F0001/MID1/P00001_face0`: a person and a file name without
/// extension.
///
/// ```
/// use kindred::domain::{IdentityError, PersonId, PhotoId};
///
/// let photo: PhotoId = "F0001/MID2/P00012_face0".parse()?;
/// let person: PersonId = "F0001/MID2".parse()?;
/// assert_eq!(photo.member(), person);
/// assert_eq!(photo.source_photo(), "P00012");
/// # Ok::<(), IdentityError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhotoId {
    member: PersonId,
    name: String,
}

/// A text that is not an identity of the expected kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{found}' is not {expected}")]
pub struct IdentityError {
    /// The expected form of the text.
    pub expected: &'static str,
    /// The text.
    pub found: String,
}

impl FamilyId {
    /// The written form as a regular expression.
    ///
    /// It has no upper bound: the parser refuses numbers over [`u32::MAX`].
    pub const PATTERN: &'static str = "^F([0-9]{4}|[1-9][0-9]{4,9})$";

    /// Creates the family with this number.
    pub fn new(number: u32) -> Self {
        Self(number)
    }
}

impl PersonId {
    /// The written form of the member, after the slash, as a regular expression.
    ///
    /// It has no upper bound: the parser refuses numbers over [`u32::MAX`].
    pub const MEMBER_PATTERN: &'static str = "^MID([0-9]|[1-9][0-9]{1,9})$";

    /// Returns the member of another family with the same number.
    #[must_use]
    pub fn of_family(self, family: FamilyId) -> Self {
        Self { family, ..self }
    }

    /// Creates the member of a family with this number.
    pub fn new(family: FamilyId, number: u32) -> Self {
        Self { family, number }
    }

    /// A unique number of the person.
    pub fn number(self) -> u64 {
        (u64::from(self.family.0) << 32) | u64::from(self.number)
    }

    /// The family this person belongs to.
    pub fn family(self) -> FamilyId {
        self.family
    }
}

impl PhotoId {
    /// Longest file name, in bytes; file systems allow 255 with the extension.
    pub const MAX_NAME_BYTES: usize = 200;

    /// The file name as a regular expression.
    ///
    /// It counts characters: the parser refuses names over [`Self::MAX_NAME_BYTES`].
    pub const NAME_PATTERN: &'static str = r"^[^/\\\x00-\x1F\x7F-\x9F]{1,200}$";

    /// Creates the photo `name` of `member`.
    ///
    /// # Errors
    /// [`IdentityError`] if the name is empty, longer than [`Self::MAX_NAME_BYTES`], or has a slash
    /// or control character.
    pub fn new(member: PersonId, name: &str) -> Result<Self, IdentityError> {
        let plain = !name.is_empty()
            && name.len() <= Self::MAX_NAME_BYTES
            && !name.chars().any(|c| c.is_control() || c == '/' || c == '\\');
        if !plain {
            return Err(IdentityError {
                expected: "a photo name of 1 to 200 bytes without slashes",
                found: name.escape_debug().to_string(),
            });
        }
        Ok(Self { member, name: name.to_owned() })
    }

    /// Returns the photo of another person with the same name.
    #[must_use]
    pub fn of_person(&self, member: PersonId) -> Self {
        Self { member, name: self.name.clone() }
    }

    /// The person in the photo.
    pub fn member(&self) -> PersonId {
        self.member
    }

    /// Returns the source photograph of the face: `P00012` for `P00012_face3`.
    ///
    /// A name without `_face` is returned unchanged. Faces of one photograph share light and color.
    /// To a model this looks like kinship.
    pub fn source_photo(&self) -> &str {
        self.name.split_once("_face").map_or(&self.name, |(source, _)| source)
    }
}

/// Parses `prefix` and a decimal number of at least `digits` digits.
///
/// Superfluous leading zeros are refused, so that each number has one spelling.
fn parse_number(text: &str, prefix: &str, digits: usize) -> Option<u32> {
    let number = text.strip_prefix(prefix)?;
    let canonical = number.len() == digits || (number.len() > digits && !number.starts_with('0'));
    if !canonical || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    number.parse().ok()
}

fn parse_person(text: &str) -> Option<PersonId> {
    let (family, member) = text.split_once('/')?;
    Some(PersonId { family: family.parse().ok()?, number: parse_number(member, "MID", 1)? })
}

fn parse_photo(text: &str) -> Option<PhotoId> {
    let (member, name) = text.rsplit_once('/')?;
    PhotoId::new(member.parse().ok()?, name).ok()
}

impl FromStr for FamilyId {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        parse_number(text, "F", 4)
            .map(Self)
            .ok_or_else(|| IdentityError { expected: "a family such as F0001", found: text.into() })
    }
}

impl FromStr for PersonId {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        parse_person(text).ok_or_else(|| IdentityError {
            expected: "a person such as F0001/MID1",
            found: text.into(),
        })
    }
}

impl FromStr for PhotoId {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        parse_photo(text).ok_or_else(|| IdentityError {
            expected: "a photo such as F0001/MID1/P00001_face0",
            found: text.into(),
        })
    }
}

impl fmt::Display for FamilyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "F{:04}", self.0)
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/MID{}", self.family, self.number)
    }
}

impl fmt::Display for PhotoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.member, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_reads_back_what_it_wrote() {
        for text in ["F0001/MID1/P00001_face0", "F12345/MID10/Großmutter 1932", "F0000/MID0/a.b"] {
            let photo: PhotoId = text.parse().unwrap();
            assert_eq!(photo.to_string(), text);
            assert_eq!(photo.member().to_string().parse(), Ok(photo.member()));
        }
    }

    #[test]
    fn identities_made_of_numbers_are_those_that_are_read() {
        let member = PersonId::new(FamilyId::new(12), 3);
        assert_eq!("F0012/MID3".parse(), Ok(member));
        assert_eq!(member.family(), FamilyId::new(12));
    }

    #[test]
    fn a_second_spelling_of_an_identity_is_refused() {
        for text in ["F1", "F00001", "f0001", "F+001", "F000१", "F99999999999", "F0001/"] {
            assert!(text.parse::<FamilyId>().is_err(), "{text}");
        }
        for text in ["F0001", "F0001/MID", "F0001/MID01", "F0001/mid1", "F0001/MID1/"] {
            assert!(text.parse::<PersonId>().is_err(), "{text}");
        }
        for text in ["F0001/MID1/", "F0001/MID1/a\\b", "F0001/MID1/a\nb", "../F0001/MID1/a"] {
            assert!(text.parse::<PhotoId>().is_err(), "{text}");
        }
    }

    #[test]
    fn faces_cut_from_one_photograph_share_its_source() {
        let name = |text: &str| text.parse::<PhotoId>().unwrap().source_photo().to_owned();
        assert_eq!(name("F0001/MID1/P00012_face3"), name("F0001/MID2/P00012_face0"));
        assert_eq!(name("F0001/MID1/portrait"), "portrait");
    }
}

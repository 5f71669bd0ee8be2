//! Sample of a gallery's people.

use std::ops::Range;

use super::Rows;

/// Owner of a face, by numbers that only have to differ within one gallery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaceOwner {
    /// The person.
    pub person: u64,
    /// The family.
    pub family: u64,
}

/// Sampled faces of a gallery. The photos of one person are adjacent.
#[derive(Clone, Debug, Default)]
pub struct GallerySample {
    /// Embeddings, per backbone `(n, d)`; empty if the gallery is empty.
    pub faces: Vec<Rows>,
    /// Owner of each face, `(n)`.
    pub owners: Vec<FaceOwner>,
}

impl GallerySample {
    /// Maximum number of photos in a sample.
    pub const MAX_FACES: usize = 1024;
    /// Maximum number of photos of one person in a sample.
    pub const MAX_FACES_OF_PERSON: usize = 4;

    /// Returns the number of faces, n.
    pub(super) fn len(&self) -> usize {
        self.owners.len()
    }

    /// Returns whether the sample may have had no room for another person.
    pub(super) fn is_full(&self) -> bool {
        self.len() > Self::MAX_FACES - Self::MAX_FACES_OF_PERSON
    }

    /// Returns the rows of each person.
    pub(super) fn people(&self) -> impl Iterator<Item = Range<usize>> {
        let mut start = 0;
        self.owners.chunk_by(|a, b| a.person == b.person).map(move |photos| {
            let range = start..start + photos.len();
            start = range.end;
            range
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_of_a_person_are_one_range() {
        let owner = |person: u64| FaceOwner { person, family: 1 };
        let owners = vec![owner(1), owner(1), owner(2), owner(3), owner(3)];
        let sample = GallerySample { faces: Vec::new(), owners };
        assert_eq!(sample.people().collect::<Vec<_>>(), [0..2, 2..3, 3..5]);
    }
}

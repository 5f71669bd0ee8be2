//! Query and options of a search.

use std::collections::BTreeSet;

use crate::domain::{ContentHash, Embedding, EmbeddingError, PersonId};
use crate::gallery::{Filter, GalleryError, GalleryView};

/// A person to search for.
#[derive(Clone)]
pub struct Probe<'a> {
    /// Embeddings of each photo of the person, one per backbone. There is at least one photo.
    pub photos: &'a [Vec<Embedding>],
    /// Enrolled people known to be in these photos. They are never returned as relatives.
    pub known: BTreeSet<PersonId>,
}

/// Embedded photos of one person.
#[derive(Clone, Debug, Default)]
pub struct ProbePhotos {
    /// Per photo, one embedding per backbone.
    pub embeddings: Vec<Vec<Embedding>>,
    /// Hashes of the photos' files, as far as they are known.
    pub files: Vec<ContentHash>,
}

impl ProbePhotos {
    /// Returns the probe. People with a photo from one of its files are known too.
    ///
    /// # Errors
    /// [`GalleryError::Store`] if the gallery fails.
    pub fn probe(
        &self,
        view: &dyn GalleryView,
        mut known: BTreeSet<PersonId>,
    ) -> Result<Probe<'_>, GalleryError> {
        known.extend(view.people_of_files(&self.files)?);
        Ok(Probe { photos: &self.embeddings, known })
    }
}

impl Probe<'_> {
    /// Returns the mean direction of the photos, in the retrieval space.
    pub(super) fn mean(&self) -> Result<Embedding, EmbeddingError> {
        let [first, others @ ..] = self.photos else { return Err(EmbeddingError::Zero) };
        if others.is_empty() {
            return Ok(first[0].clone());
        }
        let mut sum = first[0].as_slice().to_vec();
        for photo in others {
            sum.iter_mut().zip(photo[0].as_slice()).for_each(|(sum, value)| *sum += value);
        }
        Embedding::normalize(sum)
    }
}

/// Target of a search.
pub enum Query<'a> {
    /// Relatives of one person.
    Relatives(Probe<'a>),
    /// Photos of one person, without relatives.
    SamePerson(Probe<'a>),
    /// Children of two people. They are kin to both.
    Children([Probe<'a>; 2]),
    /// Couples that may be the parents of one person.
    ///
    /// A couple is two people of one family, not listed as kin of each other.
    Parents(Probe<'a>),
}

impl<'a> Query<'a> {
    /// Returns the probes, one per person.
    pub(super) fn probes(&self) -> &[Probe<'a>] {
        match self {
            Self::Relatives(probe) | Self::SamePerson(probe) | Self::Parents(probe) => {
                std::slice::from_ref(probe)
            }
            Self::Children(parents) => parents,
        }
    }
}

/// Limits, filter and prior of a search.
#[derive(Clone, Debug)]
pub struct Options {
    /// Maximum number of people, photos or families to return.
    pub limit: usize,
    /// Unit that the limit counts.
    pub group_by: Grouping,
    /// Number of nearest photos. Their people are scored. It grows until they name `limit` people.
    pub candidates: usize,
    /// Candidate list size of a search graph, as in [`NearestQuery`](crate::gallery::NearestQuery).
    pub ef: Option<usize>,
    /// Compares every photo, without the search graphs.
    pub exact: bool,
    /// Minimum probability of kinship of the people to return, 0 to 1. It needs an ensemble.
    pub min_probability: Option<f64>,
    /// Expected number of relatives among the people searched. 0 gives evidence without a prior.
    pub expected_relatives: f64,
    /// Share of probes without a relative for which a person may be marked as kin, 0 to 1.
    pub max_false_positive_rate: f64,
    /// Filter of the photos to search. It excludes the probe's own files, for instance.
    pub filter: Filter,
}

/// Unit that the limit of a search counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    /// People, each with all photos.
    #[default]
    Person,
    /// Photos of any person.
    Photo,
    /// Families, each with all people.
    Family,
}

impl Options {
    /// Maximum number of people to request from a search.
    pub const MAX_LIMIT: usize = 1000;
    /// Maximum number of candidates to request from a search.
    pub const MAX_CANDIDATES: usize = 10_000;
    /// Maximum candidate list size to request from a search.
    pub const MAX_EF: usize = 100_000;
    /// Maximum number of expected relatives.
    pub const MAX_EXPECTED_RELATIVES: f64 = 1000.0;
    /// Default prior: one relative.
    pub const DEFAULT_EXPECTED_RELATIVES: f64 = 1.0;
    /// Default false positive identification rate of a decision.
    pub const DEFAULT_FALSE_POSITIVE_RATE: f64 = 0.1;
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limit: 10,
            group_by: Grouping::default(),
            candidates: 200,
            ef: None,
            exact: false,
            min_probability: None,
            expected_relatives: Self::DEFAULT_EXPECTED_RELATIVES,
            max_false_positive_rate: Self::DEFAULT_FALSE_POSITIVE_RATE,
            filter: Filter::default(),
        }
    }
}

//! Results of a search.

use std::collections::BTreeSet;

use super::Limitation;
use crate::domain::{FamilyId, PersonId, PhotoId};
use crate::gallery::Method;

/// Result of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// People known to be in the probe.
    pub known: BTreeSet<PersonId>,
    /// People identified as the probe.
    ///
    /// Known people come first, then those more likely the same person than kin. The nearest come
    /// first.
    pub same_person: Vec<PersonMatch>,
    /// Other people, in descending order of kinship evidence. Without an ensemble the nearest come
    /// first.
    pub people: Vec<PersonMatch>,
    /// Families of these people, in the order of their first person.
    pub families: Vec<FamilyMatch>,
    /// Photos of these people, in descending order of evidence. Only if photos were requested.
    pub photos: Vec<PhotoMatch>,
    /// Couples, in descending order of evidence. Only if parents were searched for.
    pub couples: Vec<CoupleMatch>,
    /// Names of the ensemble's members, in the order of [`KinshipEvidence::members`].
    pub members: Vec<String>,
    /// Scope and method of the search.
    pub searched: SearchScope,
    /// Similarity of the probe's photos to the training photos, 0 to 1. It scales the evidence.
    pub typicality: f64,
    /// Limitations of the answer.
    pub notes: Vec<Limitation>,
}

/// Scope and method of a search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SearchScope {
    /// Number of photos in the gallery.
    pub photos: usize,
    /// Number of people searched for relatives.
    pub people: usize,
    /// Number of scored photos.
    pub scored_photos: usize,
    /// Method that found the candidates.
    pub method: Method,
    /// Expected number of relatives among these people.
    pub expected_relatives: f64,
    /// Prior probability that a person is a relative. `None` if none was stated.
    pub prior: Option<f64>,
    /// False positive identification rate of the decisions. `None` if the bundle has no open-set
    /// model.
    pub max_false_positive_rate: Option<f64>,
    /// Share of searches with a relative among the first ten results, 0 to 1. `None` if it was not
    /// measured. Measured on searches with a relative in a gallery of this size.
    pub shortlist_rate: Option<f64>,
}

/// A person with photos near the probe.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonMatch {
    /// The person.
    pub person: PersonId,
    /// Score that orders people.
    ///
    /// This is the normalized score. Without an open-set model it is the log odds, without an
    /// ensemble the cosine.
    pub score: f64,
    /// Cosine of the probe and the nearest photo, -1 to 1.
    pub cosine: f32,
    /// Evidence of kinship. `None` without an ensemble.
    pub kinship: Option<KinshipEvidence>,
    /// Photos of the person, the nearest first.
    pub photos: Vec<PhotoMatch>,
    /// Listed kin of the person, in the order of the identities.
    pub listed_kin: Vec<PersonId>,
}

impl PersonMatch {
    /// Returns whether the person is marked as kin.
    pub fn is_kin(&self) -> bool {
        self.kinship.as_ref().is_some_and(|kinship| kinship.is_kin)
    }
}

/// A photo near the probe.
#[derive(Clone, Debug, PartialEq)]
pub struct PhotoMatch {
    /// Id of the photo.
    pub photo: PhotoId,
    /// Cosine of its embedding and the probe's, -1 to 1. The highest value if the probe has several
    /// photos.
    pub cosine: f32,
    /// Log likelihood ratio by this photo alone. `None` without an ensemble.
    pub log_likelihood_ratio: Option<f64>,
}

/// Evidence of two people's faces for their kinship. It is no proof.
#[derive(Clone, Debug, PartialEq)]
pub struct KinshipEvidence {
    /// Natural logarithm of the likelihood ratio of the faces: kin against unrelated people.
    pub log_likelihood_ratio: f64,
    /// Expected number of unrelated people in the searched gallery with at least this similarity.
    /// `None` for two photos, and without an open-set model.
    pub chance_matches: Option<f64>,
    /// Probability of kinship for the stated prior, 0 to 1. `None` without a prior.
    pub probability: Option<f64>,
    /// Decision on kinship. In a search it has a fixed false positive identification rate, for two
    /// photos a false accept rate.
    pub is_kin: bool,
    /// Similarity of both faces to the training faces, 0 to 1. It scales the evidence.
    pub typicality: f64,
    /// Probability at even odds, by each member of the ensemble alone.
    pub members: Vec<f64>,
}

/// Two possible parents of the probe.
#[derive(Clone, Debug, PartialEq)]
pub struct CoupleMatch {
    /// The two people, the one with more evidence first.
    pub people: [PersonId; 2],
    /// Sum of their log likelihood ratios.
    pub log_likelihood_ratio: f64,
    /// Whether the listed relations show a woman and a man. If not, they are two relatives of one
    /// family.
    pub is_known_couple: bool,
}

/// A family with people near the probe.
#[derive(Clone, Debug, PartialEq)]
pub struct FamilyMatch {
    /// Id of the family.
    pub family: FamilyId,
    /// Cosine of the probe and the family's nearest photo, -1 to 1.
    pub cosine: f32,
    /// Log likelihood ratio of its first person. `None` without an ensemble.
    pub log_likelihood_ratio: Option<f64>,
    /// Its people among the matches, in their order.
    pub people: Vec<PersonId>,
}

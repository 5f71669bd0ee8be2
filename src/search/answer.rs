//! What a search finds.

use std::collections::BTreeSet;

use super::Limitation;
use crate::domain::{FamilyId, MemberId, PhotoId};
use crate::gallery::Method;

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// People whom the probe is known to show.
    pub known: BTreeSet<MemberId>,
    /// People whom the probe shows: those who are known, then those more likely the same person than kin, the nearest first.
    pub same_person: Vec<PersonMatch>,
    /// Other people, those with the most evidence of kinship first; without an ensemble the nearest first.
    pub people: Vec<PersonMatch>,
    /// Their families, in the order of their first person.
    pub families: Vec<FamilyMatch>,
    /// Their photos, those with the most evidence first; only if photos were requested.
    pub photos: Vec<PhotoMatch>,
    /// Couples, those with the most evidence first; only if parents were searched for.
    pub couples: Vec<CoupleMatch>,
    /// Names of the ensemble's members, in the order of [`Kinship::members`].
    pub members: Vec<String>,
    /// What was searched.
    pub searched: Searched,
    /// How much the probe's photos are like those of the training, 0 to 1; evidence is scaled by it.
    pub typicality: f64,
    /// What limits the answer.
    pub notes: Vec<Limitation>,
}

/// What was searched, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Searched {
    /// Photos in the gallery.
    pub photos: usize,
    /// People among whom relatives were searched.
    pub people: usize,
    /// Photos that were scored.
    pub scored_photos: usize,
    /// How candidates were found.
    pub method: Method,
    /// Relatives that are expected among these people.
    pub expected_relatives: f64,
    /// The prior probability of each person to be a relative; `None` if none was stated.
    pub prior: Option<f64>,
    /// The false positive identification rate that decisions hold; `None` if the bundle has no open-set model.
    pub max_false_positive_rate: Option<f64>,
    /// The share of searches with a relative in a gallery of this size that have one among the first ten, 0 to 1; `None` if
    /// it was not measured.
    pub shortlist_rate: Option<f64>,
}

/// A person whose photos are near the probe.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonMatch {
    /// Who.
    pub person: MemberId,
    /// What orders people: the normalized score, without open-set model log odds, without an ensemble the cosine.
    pub score: f64,
    /// Cosine of the probe and the nearest photo, -1 to 1.
    pub cosine: f32,
    /// The evidence of kinship; `None` without an ensemble.
    pub kinship: Option<Kinship>,
    /// Their photos, the nearest first.
    pub photos: Vec<PhotoMatch>,
    /// Whom the gallery lists as their kin, in the order of the identities.
    pub listed_kin: Vec<MemberId>,
}

/// A photo near the probe.
#[derive(Clone, Debug, PartialEq)]
pub struct PhotoMatch {
    /// Which.
    pub photo: PhotoId,
    /// Cosine of its embedding and the probe's, -1 to 1; of several photos of the probe the highest.
    pub cosine: f32,
    /// The log likelihood ratio by this photo alone; `None` without an ensemble.
    pub log_likelihood_ratio: Option<f64>,
}

/// What two people's faces say of their kinship. It is no proof.
#[derive(Clone, Debug, PartialEq)]
pub struct Kinship {
    /// Natural logarithm of how many times likelier the faces are if the two are kin than if they are unrelated.
    pub log_likelihood_ratio: f64,
    /// Unrelated people of the searched gallery who are expected to look at least this similar. `None` for two photos, and
    /// without an open-set model.
    pub chance_matches: Option<f64>,
    /// The probability of kinship for the stated prior, 0 to 1; `None` without a prior.
    pub probability: Option<f64>,
    /// The decision: in a search it holds a false positive identification rate, for two photos a false accept rate.
    pub is_kin: bool,
    /// How much both faces are like those of the training, 0 to 1; the evidence is scaled by it.
    pub typicality: f64,
    /// The probability at even odds by each member of the ensemble alone.
    pub members: Vec<f64>,
}

/// Two people who may be the probe's parents.
#[derive(Clone, Debug, PartialEq)]
pub struct CoupleMatch {
    /// The two, the one with more evidence first.
    pub people: [MemberId; 2],
    /// The sum of their log likelihood ratios.
    pub log_likelihood_ratio: f64,
    /// Whether the listed relations tell that they are a woman and a man; else they are two relatives of one family.
    pub is_known_couple: bool,
}

/// A family with people near the probe.
#[derive(Clone, Debug, PartialEq)]
pub struct FamilyMatch {
    /// Which.
    pub family: FamilyId,
    /// Cosine of the probe and the family's nearest photo, -1 to 1.
    pub cosine: f32,
    /// The log likelihood ratio of its first person; `None` without an ensemble.
    pub log_likelihood_ratio: Option<f64>,
    /// Its people among the matches, in their order.
    pub people: Vec<MemberId>,
}

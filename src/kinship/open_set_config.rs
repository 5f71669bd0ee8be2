//! Parameters of an open-set model.

use serde::{Deserialize, Serialize};

use super::{Calibration, SharpnessConfig, Tail, TypicalityConfig};

/// Parameters of an open-set model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenSetConfig {
    /// Median deviation of the cohort scores of one face.
    pub typical_deviation: f64,
    /// Factor from chance matches to a false positive identification rate.
    ///
    /// `FPIR = 1 − exp(−factor · matches)`
    pub false_positive_factor: f64,
    /// Calibration of a pair's normalized score.
    ///
    /// The result is the log likelihood ratio of kin against unrelated people.
    pub pair: Calibration,
    /// Calibration of a found person's `−ln P(an unrelated person scores as high)` to that log
    /// likelihood ratio.
    pub search: Calibration,
    /// Calibration of the identity head's score.
    ///
    /// The result is the log likelihood ratio of the same person against kin.
    pub identity: Calibration,
    /// Tail of the scores of unrelated people in a typical gallery.
    pub tail: Tail,
    /// Bounds of the similarity to training faces.
    pub typicality: TypicalityConfig,
    /// Bounds of the sharpness of faces; `None` in bundles without sharpness detection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharpness: Option<SharpnessConfig>,
    /// Shortlist rates on galleries of several sizes, the smallest first.
    pub shortlist: Vec<ShortlistRate>,
}

/// Share of searches that list a relative among the first ten people.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShortlistRate {
    /// Number of people in the gallery.
    pub people: usize,
    /// Share of the searches with a relative in the gallery, 0 to 1.
    pub rate: f64,
}

impl OpenSetConfig {
    /// Returns the probability that a search marks a chance match, 0 to 1.
    ///
    /// `chance_matches` is the expected number of chance matches.
    pub fn false_positive_rate(&self, chance_matches: f64) -> f64 {
        1.0 - (-self.false_positive_factor * chance_matches).exp()
    }

    /// Returns the shortlist rate of the next larger measured gallery, or of the largest.
    ///
    /// Returns `None` if no gallery was measured.
    pub fn shortlist_rate(&self, people: usize) -> Option<f64> {
        let larger = self.shortlist.iter().find(|measured| measured.people >= people);
        larger.or(self.shortlist.last()).map(|measured| measured.rate)
    }
}

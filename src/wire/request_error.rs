//! Errors and ranges of a search request.

use std::fmt;
use std::ops::RangeInclusive;

use crate::domain::{EntityId, IdentityError};
use crate::error::{Classify, ErrorKind};
use crate::gallery::GalleryError;
use crate::search::Options;

/// Why a request is invalid.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The request has no photo of the person.
    #[error("'image' is empty; give a photo at least")]
    NoPhoto,
    /// Target and photos contradict each other.
    #[error("children are searched for with photos in 'other_parent', and nothing else is")]
    OtherParent,
    /// A number is out of its range.
    #[error("{name} is {value}; it goes from {min} to {max}")]
    OutOfRange {
        /// Field of the request.
        name: &'static str,
        /// Its value.
        value: String,
        /// Smallest allowed value.
        min: String,
        /// Largest allowed value.
        max: String,
    },
    /// An id is malformed.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A named family, person or photo is not in the gallery.
    #[error("{0} is not in the gallery")]
    NotEnrolled(EntityId),
    /// The gallery failed.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
}

impl Classify for RequestError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotEnrolled(_) => ErrorKind::NotFound,
            Self::Gallery(error) => error.kind(),
            Self::NoPhoto | Self::OtherParent | Self::OutOfRange { .. } | Self::Identity(_) => {
                ErrorKind::InvalidInput
            }
        }
    }
}

/// Assumptions of a search if the request states none.
#[derive(Clone, Copy, Debug)]
pub struct Priors {
    /// Expected number of relatives of the probe among the people searched.
    pub expected_relatives: f64,
    /// Share of probes without a relative for which a person may be marked as kin, 0 to 1.
    pub max_false_positive_rate: f64,
}

impl Default for Priors {
    fn default() -> Self {
        Self {
            expected_relatives: Options::DEFAULT_EXPECTED_RELATIVES,
            max_false_positive_rate: Options::DEFAULT_FALSE_POSITIVE_RATE,
        }
    }
}

impl Priors {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`RequestError::OutOfRange`] if a value is out of its range.
    pub fn check(&self) -> Result<(), RequestError> {
        let relatives = 0.0..=Options::MAX_EXPECTED_RELATIVES;
        check_range("expected_relatives", self.expected_relatives, relatives)?;
        check_range("max_false_positive_rate", self.max_false_positive_rate, 0.0..=1.0)
    }
}

/// Checks that a number of a request is in its range.
pub(super) fn check_range<T: PartialOrd + fmt::Display>(
    name: &'static str,
    value: T,
    range: RangeInclusive<T>,
) -> Result<(), RequestError> {
    if range.contains(&value) {
        return Ok(());
    }
    let (min, max) = range.into_inner();
    let [value, min, max] = [value, min, max].map(|number| number.to_string());
    Err(RequestError::OutOfRange { name, value, min, max })
}

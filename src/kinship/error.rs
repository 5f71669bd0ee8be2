//! What can be wrong with heads and ensembles.

use crate::error::{Classify, ErrorKind};

/// Why kinship cannot be scored or learned.
#[derive(Debug, thiserror::Error)]
pub enum KinshipError {
    /// A head's weights are not those of its description.
    #[error(
        "the head's weights do not fit its description: '{name}' is {found:?} instead of {expected:?}; train again"
    )]
    WrongShape {
        /// The tensor.
        name: String,
        /// What its shape should be.
        expected: Vec<usize>,
        /// Its shape; empty where there is none.
        found: Vec<usize>,
    },
    /// A head's weights have a value that is not finite.
    #[error("the head's weights '{name}' are not finite; train again")]
    NotFinite {
        /// The tensor.
        name: String,
    },
    /// A member's backbone is not in the bundle.
    #[error(
        "the member '{member}' compares embeddings of '{backbone}', which the bundle does not have; train again"
    )]
    NoBackbone {
        /// The member.
        member: String,
        /// The backbone.
        backbone: String,
    },
    /// The embeddings are by other backbones than the ensemble's.
    #[error("a photo has {found} embeddings instead of {expected}")]
    OtherBackbones {
        /// How many backbones there are.
        expected: usize,
        /// How many embeddings were given.
        found: usize,
    },
    /// Embeddings that should have one width have several, or there is none.
    #[error("embedding has {found} values, expected {expected}; embed all photos with one bundle")]
    UnevenRows {
        /// The width of the others.
        expected: usize,
        /// The width of this one.
        found: usize,
    },
    /// A cohort has too few faces to normalize scores by.
    #[error(
        "cohort of {found} faces is too small for score normalization; add photos of more people"
    )]
    SmallCohort {
        /// Its faces.
        found: usize,
    },
    /// There are no pairs of both kinds to learn from.
    #[error(
        "{what} needs pairs of kin and of others, and there are none; add families with listed kin"
    )]
    NoPairs {
        /// What was to be learned.
        what: &'static str,
    },
    /// The arithmetic failed; a defect of this program.
    #[error("kinship cannot be computed: {0}")]
    Compute(#[from] candle_core::Error),
}

impl Classify for KinshipError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::WrongShape { .. } | Self::NotFinite { .. } => ErrorKind::Corrupt,
            Self::NoBackbone { .. } | Self::OtherBackbones { .. } | Self::UnevenRows { .. } => {
                ErrorKind::Incompatible
            }
            Self::NoPairs { .. } | Self::SmallCohort { .. } => ErrorKind::InvalidInput,
            Self::Compute(_) => ErrorKind::Internal,
        }
    }
}

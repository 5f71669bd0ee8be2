//! Errors of heads and ensembles.

use crate::error::{Classify, ErrorKind};

/// Failures of kinship scoring and training.
#[derive(Debug, thiserror::Error)]
pub enum KinshipError {
    /// A head's weights do not match its configuration.
    #[error(
        "the head's weights do not fit its description: '{name}' is {found:?} instead of \
         {expected:?}; train again"
    )]
    WrongShape {
        /// Name of the tensor.
        name: String,
        /// Expected shape.
        expected: Vec<usize>,
        /// Found shape, empty if the tensor is missing.
        found: Vec<usize>,
    },
    /// A head has weights that are not finite.
    #[error("the head's weights '{name}' are not finite; train again")]
    NotFinite {
        /// Name of the tensor.
        name: String,
    },
    /// A member's backbone is not in the bundle.
    #[error(
        "the member '{member}' compares embeddings of '{backbone}', which the bundle does not \
         have; train again"
    )]
    NoBackbone {
        /// Name of the member.
        member: String,
        /// Name of the backbone.
        backbone: String,
    },
    /// The embeddings come from other backbones than the ensemble's.
    #[error("a photo has {found} embeddings instead of {expected}")]
    OtherBackbones {
        /// Number of backbones of the ensemble.
        expected: usize,
        /// Number of embeddings of the photo.
        found: usize,
    },
    /// Embeddings have different widths, or there is no embedding.
    #[error("embedding has {found} values, expected {expected}; embed all photos with one bundle")]
    UnevenRows {
        /// Expected width.
        expected: usize,
        /// Found width.
        found: usize,
    },
    /// A cohort has too few faces to normalize scores by.
    #[error(
        "cohort of {found} faces is too small for score normalization; add photos of more people"
    )]
    SmallCohort {
        /// Number of faces in the cohort.
        found: usize,
    },
    /// Training needs both kin pairs and unrelated pairs.
    #[error(
        "{what} needs pairs of kin and of others, and there are none; add families with listed kin"
    )]
    NoPairs {
        /// Name of the model to fit.
        what: &'static str,
    },
    /// A computation failed because of a defect of this program.
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

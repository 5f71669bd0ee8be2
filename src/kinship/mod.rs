//! Pair classifiers for blood kinship of two faces: training, combination and calibration.

mod cohort;
mod diagonal;
mod dropout;
mod ensemble;
mod error;
mod evidence;
mod fusion;
mod head;
mod logistic;
mod open_set;
mod product;
mod reference;
mod rows;
mod sharpness;
mod tail;
mod typicality;

pub use cohort::{Cohort, CohortStatistics, normalized};
pub(crate) use dropout::Dropout;
pub use ensemble::{Calibration, Ensemble, EnsembleConfig, MemberConfig, PersonScore};
pub use error::KinshipError;
pub use evidence::{MAX_LIKELIHOOD_RATIO, Support, bounded, posterior};
pub use fusion::Fusion;
pub use head::{Head, HeadConfig, Space};
pub use logistic::{LabeledRows, Logistic, probability};
pub use open_set::{FaceTerms, OpenSet, OpenSetConfig, OpenSetScorer, PairEvidence, ShortlistRate};
pub use reference::{FaceOwner, GallerySample, ProbeFaces, Reference, person_score};
pub use rows::{Rows, unit_mean};
pub use sharpness::{Sharpness, SharpnessConfig};
pub use tail::Tail;
pub use typicality::{Typicality, TypicalityConfig};

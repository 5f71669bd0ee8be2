//! Whether two faces are of blood relatives: pair classifiers over embeddings, trained, combined and calibrated.

mod cohort;
mod diagonal;
mod dropout;
mod ensemble;
mod error;
mod evidence;
mod fusion;
mod head;
mod initial;
mod learner;
mod logistic;
mod open_set;
mod product;
mod recipe;
mod reference;
mod regression;
mod rows;
mod space;
mod tail;
mod typicality;

pub use cohort::{Cohort, CohortStatistics, normalized};
pub use ensemble::{Calibration, Ensemble, EnsembleConfig, Judgement, MemberConfig};
pub use error::KinshipError;
pub use evidence::{MAX_LIKELIHOOD_RATIO, Support, bounded, posterior};
pub use fusion::Fusion;
pub use head::{Head, HeadConfig, Space};
pub use learner::{Learner, Learning, Slopes};
pub use logistic::{LabeledRows, Logistic, probability};
pub use open_set::{FaceTerms, OpenSet, OpenSetConfig, OpenSetScorer, PairEvidence, ShortlistRate};
pub use recipe::{Recipe, Training};
pub use reference::{FaceOwner, GallerySample, ProbeFaces, Reference, person_score};
pub use regression::DEFAULT_RIDGE;
pub use rows::Rows;
pub use space::{KinRows, KinSpace};
pub use tail::Tail;
pub use typicality::{Typicality, TypicalityConfig};

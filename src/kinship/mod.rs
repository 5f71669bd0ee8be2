//! Whether two faces are of blood relatives: pair classifiers over embeddings, trained, combined and calibrated.

mod dropout;
mod ensemble;
mod error;
mod fusion;
mod head;
mod initial;
mod learner;
mod logistic;
mod product;
mod recipe;
mod rows;
mod space;

pub use ensemble::{Calibration, Ensemble, EnsembleConfig, Judgement, MemberConfig};
pub use error::KinshipError;
pub use fusion::Fusion;
pub use head::{Head, HeadConfig, Space};
pub use learner::{Learner, Learning, Slopes};
pub use logistic::{Logistic, probability};
pub use recipe::Recipe;
pub use rows::Rows;
pub use space::{KinRows, KinSpace};

//! Training of ensembles, backbones and landmark networks.
//!
//! Heads are trained on some sources and families and evaluated on others. Then an ensemble is
//! selected and calibrated.

mod data;
mod ensemble_training;
mod error;
mod head;
pub mod network;
mod report;
mod runs;

pub use data::blurred::embed_blurred;
pub use data::corpus::{Corpus, EmbeddedPhotos};
pub use data::faces::{AnnotatedFace, FaceFolder, load_faces};
pub use data::split::{MIN_FAMILIES, Split};
pub use ensemble_training::{TrainedEnsemble, train};
pub use error::TrainError;
pub use head::kin_space::{KinRows, KinSpace};
pub use head::learner::{EmbeddingGradients, Hyperparameters, Learner};
pub use head::recipe::{Recipe, Training};
pub use head::regression::DEFAULT_RIDGE;
pub use report::examples::{Example, Histogram};
pub use report::page::page;
pub use report::stage_report::{StageCorpora, StageReport};
pub use report::training_report::{
    MemberReport, ScoreMetrics, SourceData, SourceReport, TrainingReport,
};
pub use runs::distillation::{BATCH, DistillationOptions, begin_from, distil};
pub use runs::ensemble::early_stopping::Epoch;
pub use runs::ensemble::identification::IdentificationMetrics;
pub use runs::ensemble::options::EnsembleOptions;
pub use runs::ensemble::verdict::Verdict;
pub use runs::fine_tuning::job::{FineTunedStage, FineTuning};
pub use runs::fine_tuning::stage_folder::StageEpoch;
pub use runs::kin_axes::{FamilyFaces, WidenedBackbone, add_axes};
pub use runs::landmarks::{PointOptions, learn_points};
pub use runs::loss_monitor::LossMonitor;

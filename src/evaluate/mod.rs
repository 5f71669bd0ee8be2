//! How good a bundle is: verification of pairs and trios, and retrieval by the search that serves.

mod error;
mod faces;
mod identification;
mod landmarks;
mod retrieval;
mod tri_subject;
mod verification;

pub use error::EvaluateError;
pub use landmarks::{LandmarkReport, judge_landmarks};
pub use retrieval::{RankFigures, RetrievalFigures, RetrievalOptions, RetrievalReport, retrieve};
pub use tri_subject::{TriSubjectReport, verify_trios};
pub use verification::{
    Answers, Pair, VerificationReport, drawn_pairs, listed_pairs, submission, verify,
};

//! How good a bundle is: verification of pairs and trios, and retrieval and identification by the search that serves.

mod enrolled;
mod error;
mod faces;
mod families;
mod identification;
mod identification_errors;
mod landmarks;
mod retrieval;
mod same_person;
mod tri_subject;
mod verification;

pub use error::EvaluateError;
pub use identification::{IdentificationOptions, IdentificationReport, identify};
pub use identification_errors::{DetPoint, GallerySizeFigures};
pub use landmarks::{LandmarkReport, judge_landmarks};
pub use retrieval::{RankFigures, RetrievalFigures, RetrievalOptions, RetrievalReport, retrieve};
pub use same_person::SamePersonFigures;
pub use tri_subject::{TriSubjectReport, verify_trios};
pub use verification::{
    Answers, Pair, VerificationReport, drawn_pairs, listed_pairs, submission, verify,
};

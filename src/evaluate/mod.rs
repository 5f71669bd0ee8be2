//! Evaluation of a bundle: verification of pairs and trios, retrieval, and identification.
//!
//! Retrieval and identification run the search that the service uses.

mod context;
mod enrolled;
mod error;
mod faces;
mod false_matches;
mod families;
mod groups;
mod identification;
mod identification_errors;
mod landmarks;
mod look;
mod retrieval;
mod same_person;
mod tri_subject;
mod verification;

pub use context::EvaluationContext;
pub use error::EvaluateError;
pub use false_matches::FalseMatches;
pub use groups::{GroupFigures, GroupOptions, GroupReport, compare_groups};
pub use identification::{IdentificationOptions, IdentificationReport, identify};
pub use identification_errors::{DetPoint, GallerySizeFigures};
pub use landmarks::{LandmarkReport, LandmarkSet, judge_landmarks};
pub use retrieval::{RankFigures, RetrievalFigures, RetrievalOptions, RetrievalReport, retrieve};
pub use same_person::SamePersonFigures;
pub use tri_subject::{TriSubjectReport, drawn_trios, verify_trios};
pub use verification::{
    Answers, Pair, VerificationReport, drawn_pairs, listed_pairs, submission, verify,
};

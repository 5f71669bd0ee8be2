//! Evaluation of a bundle: verification of pairs and trios, retrieval, and identification.
//!
//! Retrieval and identification run the search that the service uses.

mod context;
mod det;
mod enrolled;
mod error;
mod faces;
mod false_matches;
mod families;
mod groups;
mod identification;
mod identification_metrics;
mod identification_probe;
mod identification_searches;
mod landmarks;
mod look;
mod pair_counts;
mod pair_scorer;
mod rank_metrics;
mod retrieval;
mod same_person;
mod source_families;
mod submission;
mod tri_subject;
mod verification;

pub use context::EvaluationContext;
pub use det::DetPoint;
pub use error::EvaluateError;
pub use false_matches::FalseMatches;
pub use groups::{GroupMetrics, GroupOptions, GroupReport, compare_groups};
pub use identification::{IdentificationOptions, IdentificationReport, identify};
pub use identification_metrics::GallerySizeMetrics;
pub use landmarks::{LandmarkReport, LandmarkSet, evaluate_landmarks};
pub use rank_metrics::{RankMetrics, RetrievalMetrics};
pub use retrieval::{RetrievalOptions, RetrievalReport, retrieve};
pub use same_person::SamePersonMetrics;
pub use submission::{Answers, submission};
pub use tri_subject::{TriSubjectReport, drawn_trios, verify_trios};
pub use verification::{VerificationPair, VerificationReport, drawn_pairs, listed_pairs, verify};

//! Search of a gallery for people similar to a probe, with evidence of kinship.

mod answer;
mod candidates;
mod compare;
mod context;
mod couples;
mod engine;
mod error;
mod grouping;
mod limitation;
mod query;
mod ranking;
mod reference;
mod rerank;
mod score;

pub use answer::{
    Answer, CoupleMatch, FamilyMatch, KinshipEvidence, PersonMatch, PhotoMatch, SearchScope,
};
pub use compare::{Comparison, HypothesisLikelihoods, compare};
pub use context::SearchContext;
pub use error::SearchError;
pub use limitation::Limitation;
pub use query::{Grouping, Options, Probe, ProbePhotos, Query};
pub use ranking::{rank, search};
pub use reference::ReferenceCache;
pub use rerank::rerank;

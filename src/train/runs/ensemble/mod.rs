//! Training of an ensemble: members, selection, calibration and evaluation.

mod arena;
pub(crate) mod assembly;
pub(crate) mod checkpoint;
mod cohort;
pub(crate) mod early_stopping;
pub(crate) mod identification;
mod identity;
pub(crate) mod member;
mod members;
mod open_set;
pub(crate) mod pair_set;
pub(crate) mod rounds;
mod selection;
mod shortlist;
mod verdict;

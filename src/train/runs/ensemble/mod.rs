//! Training of an ensemble: members, selection, calibration and evaluation.

mod arena;
pub(crate) mod assembly;
pub(crate) mod calibration;
mod checkpoint;
mod cohort;
pub(crate) mod early_stopping;
mod face_distribution;
pub(crate) mod identification;
mod identity;
pub(crate) mod member;
pub(crate) mod members;
pub(crate) mod open_set;
pub(crate) mod options;
pub(crate) mod pair_set;
pub(crate) mod rounds;
mod search_calibration;
mod selection;
pub(crate) mod shortlist;
pub(crate) mod verdict;

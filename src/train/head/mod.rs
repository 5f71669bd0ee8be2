//! Training of pair classifiers: recipes, initialization, the learner, and the plain regression.

mod initialization;
pub(crate) mod kin_space;
pub(crate) mod learner;
pub(crate) mod recipe;
pub(crate) mod regression;

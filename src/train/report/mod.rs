//! Report of a training run: metrics of all members and the ensemble, per source.

mod charts;
pub(crate) mod ensemble;
pub(crate) mod examples;
pub(crate) mod page;
pub(crate) mod stage_report;
pub(crate) mod training_report;

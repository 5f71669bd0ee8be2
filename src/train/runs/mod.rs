//! Training runs, one per trained part of a bundle.

pub(crate) mod distillation;
pub(crate) mod ensemble;
pub(crate) mod fine_tuning;
pub(crate) mod kin_axes;
pub(crate) mod landmarks;
pub(crate) mod loss_monitor;
mod work_folder;

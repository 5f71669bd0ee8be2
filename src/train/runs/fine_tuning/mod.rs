//! Fine-tuning of the last stage of a backbone, together with a head.
//!
//! One partition of the families ensures valid metrics. Half of the families serve the stage: most
//! for training, some for early stopping. The ensemble tests, validates and calibrates only on the
//! other half. Its members may be trained on both halves.
//!
//! The head is trained first, on the frozen embeddings. An untrained head would distort the
//! features of the stage (A. Kumar et al., "Fine-Tuning can Distort Pretrained Features", 2022).
//! Then both are trained on photo pairs, half of them kin.

pub(crate) mod job;
pub(crate) mod stage_folder;
mod stage_training;
mod trunk_maps;

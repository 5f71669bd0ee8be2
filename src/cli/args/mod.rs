//! Options that several commands share.

mod bundle;
mod compute;
mod evaluation;
mod families;
mod float_dtype;
mod format;
mod gallery;
mod labeled_photos;
mod named_path;
mod photos;
mod report;
mod seed;

pub(in crate::cli) use bundle::{BundleArgs, ModelArgs};
pub(in crate::cli) use compute::{ComputeArgs, DeviceArgs};
pub(in crate::cli) use evaluation::EvaluationArgs;
pub(in crate::cli) use families::{FamilyFilter, FamilyFilterArgs, read_families};
pub(in crate::cli) use float_dtype::FloatDtype;
pub(in crate::cli) use format::{FormatArgs, OutputFormat};
pub(in crate::cli) use gallery::{GalleryArgs, GalleryFolderArgs};
pub(in crate::cli) use labeled_photos::LabeledPhotosArgs;
pub(in crate::cli) use named_path::{NamedPath, SourceNames};
pub(in crate::cli) use photos::PhotosArgs;
pub(in crate::cli) use report::ReportArgs;
pub(in crate::cli) use seed::SeedArgs;

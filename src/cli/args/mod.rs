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

pub(crate) use bundle::{BundleArgs, ModelArgs};
pub(crate) use compute::{ComputeArgs, DeviceArgs};
pub(crate) use evaluation::EvaluationArgs;
pub(crate) use families::{FamilyFilter, FamilyFilterArgs, read_families};
pub(crate) use float_dtype::FloatDtype;
pub(crate) use format::{FormatArgs, OutputFormat};
pub(crate) use gallery::{GalleryArgs, GalleryFolderArgs};
pub(crate) use labeled_photos::LabeledPhotosArgs;
pub(crate) use named_path::{NamedPath, SourceNames};
pub(crate) use photos::PhotosArgs;
pub(crate) use report::ReportArgs;
pub(crate) use seed::SeedArgs;

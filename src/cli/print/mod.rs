//! Results of commands as text, and as JSON for programs.

mod answer;
mod backbone;
mod collection;
mod collection_json;
mod comparison;
mod evaluation;
mod gallery;
mod json;
mod percent;
mod rejected;
mod stages;
mod training;

pub(super) use answer::print_answer;
pub(super) use backbone::print_backbone;
pub(super) use collection::print_collection;
pub(super) use collection_json::collection_json;
pub(super) use comparison::print_comparison;
pub(super) use evaluation::{
    print_groups, print_identification, print_landmarks, print_retrieval, print_tri_subject,
    print_verification,
};
pub(super) use gallery::{print_archived, print_deleted, print_stats};
pub(super) use json::print_json;
pub(super) use rejected::print_rejected;
pub(super) use training::{print_refusal, print_report};

//! One integration binary: each module tests the program from one side.
//!
//! Tests that need real photos or weights take their folders from the environment, and say so where it names none:
//! `KINDRED_WEIGHTS_DIR` (with `mobilefacenet.safetensors` and `mobilefacenet-reference/`) and
//! `KINDRED_ARCHITECTURES_DIR` (what `tests/reference/architectures.py --full` writes).

#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    reason = "a test ends where something it needs is not there"
)]

mod api;
mod api_access;
mod api_hostile;
mod api_jobs;
mod api_resources;
mod api_search;
mod architectures;
mod backbone;
mod cli;
mod command_line;
mod copies;
mod damage;
mod dataset;
mod demo;
mod embed;
mod faults;
mod formats;
mod frozen;
mod gallery;
mod gallery_contract;
mod identities;
mod import;
mod ingest;
mod kills;
mod kinship;
mod learning;
mod metrics;
mod openapi;
mod properties;
mod sampling;
mod support;
mod synthesis;
mod tidy;
mod train;
mod unfreeze;

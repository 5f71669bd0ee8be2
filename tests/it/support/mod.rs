//! What tests are made of: synthetic families, a tiny bundle, a server on a free port.

pub mod bundle;
pub mod families;
pub mod gallery;
pub mod naive_gallery;
pub mod program;
pub mod random;
pub mod server;
pub mod weights;

use std::io::Write;
use std::path::PathBuf;

pub use random::Random;

/// The folder an environment variable names. Where it is not set, says so past the test runner's capture.
pub fn folder_from_env(variable: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(variable).map(PathBuf::from);
    if folder.is_none() {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        let line = format!("{test} did not run: {variable} is not set\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    folder
}

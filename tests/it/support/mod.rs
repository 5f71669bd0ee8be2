//! What tests are made of: synthetic families, a tiny bundle, a server on a free port.

pub mod bundle;
pub mod families;
pub mod program;
pub mod server;

use std::io::Write;
use std::path::PathBuf;

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

/// A reproducible stream of numbers (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in -1..1.
    pub fn signed(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }

    /// Uniform in `0..end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

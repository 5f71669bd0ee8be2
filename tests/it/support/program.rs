//! The `kindred` program, run as a user runs it.

use std::path::Path;
use std::process::{Command, Output};

/// The program with these arguments, not yet started.
pub fn kindred(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kindred"));
    command.args(arguments);
    command
}

/// How a run ended.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// Its one line of error; fails the test when there are more or none, or it ended well.
    pub fn error(&self) -> &str {
        assert_eq!(self.code, 1, "{}{}", self.stdout, self.stderr);
        let line = self.stderr.trim_end().lines().last().unwrap_or_default();
        assert!(line.starts_with("error: "), "{}", self.stderr);
        assert_eq!(self.stderr.matches("error: ").count(), 1, "{}", self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        line
    }
}

/// Runs the program to its end.
pub fn run(arguments: &[&str]) -> Run {
    let Output { status, stdout, stderr } = kindred(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: status.code().unwrap_or(-1), stdout: text(stdout), stderr: text(stderr) }
}

/// `kindred ingest`
pub fn ingest(folder: &Path, gallery: &Path, bundle: &Path) -> Run {
    run(&["ingest", "--photos", path(folder), "--gallery", path(gallery), "--model", path(bundle)])
}

/// A path as an argument.
pub fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

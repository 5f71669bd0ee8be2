//! Findings of the rules, and counts with a ceiling.

use std::fmt;

use super::CEILINGS;
use super::source::{SourceFile, files};

/// A place that breaks a rule.
pub struct Finding {
    pub path: String,
    pub line: usize,
    /// The item, its fault and the remedy.
    pub message: String,
}

impl Finding {
    pub fn new(file: &SourceFile, line: usize, message: impl Into<String>) -> Self {
        Self { path: file.path.clone(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "src/{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Applies a rule to all files.
pub fn in_files(rule: impl Fn(&SourceFile) -> Vec<Finding>) -> Vec<Finding> {
    files().iter().flat_map(rule).collect()
}

/// Fails with all findings if there is one.
pub fn assert_none(findings: &[Finding]) {
    assert!(findings.is_empty(), "{}", list(findings));
}

fn list(findings: &[Finding]) -> String {
    let lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
    format!("\n{}\n", lines.join("\n"))
}

/// The ceiling of a count.
pub struct Ceiling {
    pub name: &'static str,
    pub limit: usize,
}

pub const fn ceiling(name: &'static str, limit: usize) -> Ceiling {
    Ceiling { name, limit }
}

/// A count of the source that may not rise.
pub struct Count {
    /// The name in [`CEILINGS`].
    pub name: &'static str,
    pub value: usize,
    /// The places that the count consists of.
    pub findings: Vec<Finding>,
}

impl Count {
    /// Counts the findings.
    pub fn new(name: &'static str, findings: Vec<Finding>) -> Self {
        Self { name, value: findings.len(), findings }
    }

    /// Fails if the count is not at its ceiling.
    pub fn assert_at_ceiling(&self) {
        let ceiling = CEILINGS.iter().find(|ceiling| ceiling.name == self.name);
        let limit = ceiling.unwrap_or_else(|| panic!("CEILINGS has no '{}'", self.name)).limit;
        if let Err(message) = self.compare(limit) {
            panic!("{message}");
        }
    }

    fn compare(&self, limit: usize) -> Result<(), String> {
        let Self { name, value, findings } = self;
        if *value > limit {
            return Err(format!(
                "{name}: {value}, at most {limit}. All of them:{}",
                list(findings)
            ));
        }
        if *value < limit {
            return Err(format!(
                "{name}: {value}, down from {limit}. \
                 Lower the ceiling in tests/it/tidy/mod.rs to `{self}`"
            ));
        }
        Ok(())
    }
}

/// The line in [`CEILINGS`].
impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ceiling({:?}, {}),", self.name, self.value)
    }
}

#[test]
fn count_fails_above_and_below_its_ceiling() {
    let count = Count { name: "names", value: 3, findings: Vec::new() };
    assert!(count.compare(2).unwrap_err().contains("3, at most 2"));
    assert!(count.compare(3).is_ok());
    assert!(count.compare(4).unwrap_err().contains("ceiling(\"names\", 3),"));
}

//! Exit status of a command.

use std::fmt;
use std::process::ExitCode;

use crate::error::{Classify, ErrorKind};

/// Result of a command, as its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// 0: done.
    Done,
    /// 1: failed.
    Failed,
    /// 2: done, but photos were rejected.
    SomeRejected,
    /// 3: trained but not written, as the result is no better than the baseline.
    NotBetter,
    /// 64, as in sysexits.h: the command line is wrong.
    WrongUsage,
    /// 130, as a shell reports a process that Ctrl-C ended.
    Stopped,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Done => 0,
            ExitStatus::Failed => 1,
            ExitStatus::SomeRejected => 2,
            ExitStatus::NotBetter => 3,
            ExitStatus::WrongUsage => 64,
            ExitStatus::Stopped => 130,
        })
    }
}

impl From<ErrorKind> for ExitStatus {
    /// No class of error counts as success.
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::InvalidInput
            | ErrorKind::NotFound
            | ErrorKind::Conflict
            | ErrorKind::Incompatible
            | ErrorKind::Corrupt
            | ErrorKind::Overloaded
            | ErrorKind::Unavailable
            | ErrorKind::Internal => Self::Failed,
        }
    }
}

/// Reason of a command's failure, in one line.
#[derive(Debug)]
pub(crate) struct Failure {
    status: ExitStatus,
    message: String,
}

impl Failure {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { status: kind.into(), message: message.into() }
    }

    /// Creates a failure by a wrong command line.
    pub(crate) fn wrong_usage(message: impl Into<String>) -> Self {
        Self { status: ExitStatus::WrongUsage, message: message.into() }
    }

    /// Adds a hint to the message.
    pub(crate) fn with_hint(self, hint: &str) -> Self {
        Self { message: format!("{} ({hint})", self.message), ..self }
    }

    pub(crate) fn status(&self) -> ExitStatus {
        self.status
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: Classify> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(error.kind(), error.to_string())
    }
}

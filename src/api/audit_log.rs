//! Audit trail: which key searched, added or deleted which ids, and when.
//!
//! The trail is a file of the service's data directory, with one line of JSON per event. It has no
//! photo and no embedding. Lines are deleted after the retention period.

use std::fs::{self, OpenOptions};
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::request::{Caller, RequestId};
use crate::atomic_file::write_atomically;

/// Name of the file in the data directory.
const FILE: &str = "audit.jsonl";
/// Interval between deletions of old lines.
const PRUNE_INTERVAL: SignedDuration = SignedDuration::from_hours(24);

/// An audit event, in the extensions of the response that it belongs to.
#[derive(Clone)]
pub(super) struct AuditEvent {
    action: &'static str,
    ids: Vec<String>,
}

impl AuditEvent {
    /// Creates an event: `action` affected or returned these ids.
    pub(super) fn new(action: &'static str, ids: impl IntoIterator<Item = impl ToString>) -> Self {
        Self { action, ids: ids.into_iter().map(|id| id.to_string()).collect() }
    }

    /// Attaches the event to the response.
    pub(super) fn attach_to(self, mut response: HttpResponse) -> HttpResponse {
        response.extensions_mut().insert(self);
        response
    }
}

/// A line of the trail.
#[derive(Serialize, Deserialize)]
pub(super) struct AuditLine {
    at: Timestamp,
    /// Id of the API key. `None` if no key was needed.
    key: Option<String>,
    action: String,
    /// Ids of families, people or photos.
    ids: Vec<String>,
    request_id: String,
}

impl AuditLine {
    /// Creates the line of an event that the request caused now.
    pub(super) fn new(AuditEvent { action, ids }: AuditEvent, request: &HttpRequest) -> Self {
        let extensions = request.extensions();
        let key = extensions.get::<Caller>().and_then(Caller::key).map(|key| key.id.clone());
        let request_id = extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
        Self { at: Timestamp::now(), key, action: action.to_owned(), ids, request_id }
    }
}

/// Audit trail of a service.
pub(super) struct AuditLog {
    path: PathBuf,
    retention: SignedDuration,
    /// Time at which old lines were last deleted.
    last_pruned: Mutex<Option<Timestamp>>,
}

impl AuditLog {
    /// Returns the trail in a data directory, with a retention of `days` days.
    pub(super) fn new(data_dir: &Path, days: u32) -> Self {
        let retention = SignedDuration::from_hours(24 * i64::from(days));
        Self { path: data_dir.join(FILE), retention, last_pruned: Mutex::new(None) }
    }

    /// Appends a line, and deletes old lines once a day.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub(super) fn append(&self, line: &AuditLine) -> io::Result<()> {
        let mut last = self.last_pruned.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| line.at.duration_since(last) > PRUNE_INTERVAL) {
            self.prune(line.at)?;
            *last = Some(line.at);
        }
        let text = serde_json::to_string(line)? + "\n";
        OpenOptions::new().create(true).append(true).open(&self.path)?.write_all(text.as_bytes())
    }

    /// Deletes old lines, and lines that were written only in part.
    fn prune(&self, now: Timestamp) -> io::Result<()> {
        let file = match fs::File::open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        write_atomically(&self.path, |path| {
            let mut pruned = fs::File::create(path)?;
            for text in BufReader::new(file).lines() {
                let text = text?;
                let line = serde_json::from_str::<AuditLine>(&text);
                if line.is_ok_and(|line| now.duration_since(line.at) <= self.retention) {
                    writeln!(pruned, "{text}")?;
                }
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_lines_are_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-06-15T12:00:00Z".parse().unwrap();
        let line = |hours_ago: i64, id: &str| AuditLine {
            at: now - SignedDuration::from_hours(hours_ago),
            key: None,
            action: "search".into(),
            ids: vec![id.into()],
            request_id: String::new(),
        };
        let log = AuditLog::new(folder.path(), 30);
        log.append(&line(24 * 31, "F0001")).unwrap();
        log.append(&line(24 * 29, "F0002")).unwrap();
        let text = || fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(text().contains("F0001") && text().contains("F0002"), "neither was too old then");
        log.append(&line(0, "F0003")).unwrap();
        assert!(!text().contains("F0001") && text().contains("F0002") && text().contains("F0003"));
    }
}

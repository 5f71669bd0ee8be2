//! Audit trail: which key searched, enrolled or deleted which ids, and when.
//!
//! The trail is a file next to the gallery's database, with one line of JSON per event. It contains no photo and no
//! embedding. Lines are deleted when their retention time is over.

use std::fs::{self, OpenOptions};
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::middleware::access::Caller;
use super::middleware::request_id::RequestId;
use super::server::State;
use crate::atomic_file::write_atomically;

/// Name of the trail file inside a gallery.
const FILE: &str = "audit.jsonl";
/// Interval between deletions of old lines.
const PRUNED_EVERY: SignedDuration = SignedDuration::from_hours(24);

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
    pub(super) fn told_by(self, mut response: HttpResponse) -> HttpResponse {
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Serialize, Deserialize)]
struct Line {
    at: Timestamp,
    /// Id of the API key. `None` if no key was needed.
    key: Option<String>,
    action: String,
    /// Ids of families, people or photos.
    ids: Vec<String>,
    request_id: String,
}

impl Line {
    fn new(AuditEvent { action, ids }: AuditEvent, request: &HttpRequest) -> Self {
        let extensions = request.extensions();
        let key = extensions.get::<Caller>().and_then(|caller| caller.key.clone());
        let request_id = extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
        Self { at: Timestamp::now(), key, action: action.to_owned(), ids, request_id }
    }
}

/// Audit trail of a gallery.
pub(super) struct Audit {
    path: PathBuf,
    kept_for: SignedDuration,
    /// Time at which old lines were last deleted.
    pruned: Mutex<Option<Timestamp>>,
}

impl Audit {
    /// Returns the trail of the gallery at `gallery`, with a retention of `days` days.
    pub(super) fn of(gallery: &Path, days: u32) -> Self {
        let kept_for = SignedDuration::from_hours(24 * i64::from(days));
        Self { path: gallery.join(FILE), kept_for, pruned: Mutex::new(None) }
    }

    fn write(&self, line: &Line) -> io::Result<()> {
        let mut pruned = self.pruned.lock().unwrap_or_else(PoisonError::into_inner);
        if pruned.is_none_or(|pruned| line.at.duration_since(pruned) > PRUNED_EVERY) {
            self.prune(line.at)?;
            *pruned = Some(line.at);
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
        let is_kept = |text: &String| {
            let line = serde_json::from_str::<Line>(text);
            line.is_ok_and(|line| now.duration_since(line.at) <= self.kept_for)
        };
        write_atomically(&self.path, |path| {
            let mut kept = fs::File::create(path)?;
            for text in BufReader::new(file).lines() {
                let text = text?;
                if is_kept(&text) {
                    writeln!(kept, "{text}")?;
                }
            }
            Ok(())
        })
    }
}

/// Middleware that records audit events.
///
/// A trail that cannot be written is an error in the log. The recorded action is not undone.
pub(super) async fn remember(
    state: web::Data<State>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let deed = response.response().extensions().get::<AuditEvent>().cloned();
    if let Some(deed) = deed {
        let line = Line::new(deed, response.request());
        let written = web::block(move || state.audit.write(&line)).await;
        if !matches!(written, Ok(Ok(()))) {
            tracing::error!("the audit trail cannot be written");
        }
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_when_they_are_too_old() {
        let folder = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-06-15T12:00:00Z".parse().unwrap();
        let line = |hours_ago: i64, id: &str| Line {
            at: now - SignedDuration::from_hours(hours_ago),
            key: None,
            action: "search".into(),
            ids: vec![id.into()],
            request_id: String::new(),
        };
        let audit = Audit::of(folder.path(), 30);
        audit.write(&line(24 * 31, "F0001")).unwrap();
        audit.write(&line(24 * 29, "F0002")).unwrap();
        let text = || fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(text().contains("F0001") && text().contains("F0002"), "neither was too old then");
        audit.write(&line(0, "F0003")).unwrap();
        assert!(!text().contains("F0001") && text().contains("F0002") && text().contains("F0003"));
    }
}

//! A job as it is told and stored.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::ingest::{Rejected, Report};

/// Most photos of which it is told why they were left out.
const MOST_ERRORS: usize = 1000;

/// Photos that are enrolled in the background.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Job {
    /// Ids of later jobs are greater.
    #[schema(value_type = String, format = "uuid")]
    pub(super) id: Uuid,
    pub(super) state: State,
    pub(super) mode: Mode,
    pub(super) origin: Origin,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
    pub(super) photos: Photos,
    pub(super) photos_per_second: f64,
    /// Photos that were left out, and why; the first thousand of them.
    errors: Vec<PhotoError>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// What the client named the request by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) idempotency_key: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = JobState)]
pub(super) enum State {
    Queued,
    Running,
    Done,
    Failed,
    Cancelled,
}

/// Which photos are embedded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mode {
    /// Those that the gallery does not have from the same file.
    #[default]
    Missing,
    /// All.
    Force,
}

/// Where the photos are.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Origin {
    /// In an archive that came with the request.
    Archive,
    /// In a folder of the server, inside the one that may be read.
    Folder(String),
}

/// How many photos became what.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = JobPhotos)]
pub(super) struct Photos {
    pub(super) total: u64,
    pub(super) done: u64,
    enrolled: usize,
    unchanged: usize,
    rejected: usize,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
struct PhotoError {
    photo: String,
    detail: String,
}

impl Job {
    pub(super) fn new(origin: Origin, mode: Mode, idempotency_key: Option<String>) -> Self {
        Self {
            id: Uuid::now_v7(),
            state: State::Queued,
            mode,
            origin,
            created_at: Timestamp::now(),
            finished_at: None,
            photos: Photos::default(),
            photos_per_second: 0.0,
            errors: Vec::new(),
            detail: None,
            idempotency_key,
        }
    }

    /// Whether it is still to be done.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Queued | State::Running)
    }

    /// It has ended like this.
    pub(super) fn end(&mut self, state: State, detail: Option<String>) {
        (self.state, self.detail) = (state, detail);
        self.finished_at = Some(Timestamp::now());
    }

    /// It has come to this.
    pub(super) fn report(&mut self, report: Report) {
        self.photos.enrolled = report.enrolled;
        self.photos.unchanged = report.known;
        self.photos.rejected = report.rejected.len();
        let error = |Rejected { path, reason }| PhotoError { photo: path, detail: reason };
        self.errors = report.rejected.into_iter().take(MOST_ERRORS).map(error).collect();
    }
}

//! A job, as stored and as returned.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::ingest::{Rejected, Report};

/// Maximum number of rejected photos for which a job stores the reason.
const MAX_ERRORS: usize = 1000;

/// A job that adds photos in the background.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(in crate::api) struct Job {
    /// Id of the job. Later jobs have greater ids.
    #[schema(value_type = String, format = "uuid")]
    pub(in crate::api) id: Uuid,
    pub(in crate::api) state: JobState,
    pub(in crate::api) mode: JobMode,
    pub(in crate::api) origin: JobOrigin,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
    pub(in crate::api) photos: JobPhotos,
    pub(in crate::api) photos_per_second: f64,
    /// Rejected photos with their reasons; at most one thousand.
    errors: Vec<RejectedPhoto>,
    /// Reason of the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Key under which the client requested the job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) idempotency_key: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum JobState {
    Queued,
    Running,
    Done,
    Failed,
    Cancelled,
}

/// Selection of the photos to embed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Mode)]
pub(in crate::api) enum JobMode {
    /// Photos that the gallery lacks from the same file.
    #[default]
    Missing,
    /// All photos.
    Force,
}

/// Location of the photos.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Origin)]
pub(in crate::api) enum JobOrigin {
    /// In an archive that came with the request.
    Archive,
    /// In a folder of the server, inside the permitted root folder.
    Folder(String),
}

/// Numbers of photos by result.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
pub(in crate::api) struct JobPhotos {
    pub(in crate::api) total: u64,
    pub(in crate::api) done: u64,
    enrolled: usize,
    unchanged: usize,
    rejected: usize,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PhotoError)]
struct RejectedPhoto {
    photo: String,
    detail: String,
}

impl Job {
    pub(in crate::api) fn new(
        origin: JobOrigin,
        mode: JobMode,
        idempotency_key: Option<String>,
    ) -> Self {
        Self {
            id: Uuid::now_v7(),
            state: JobState::Queued,
            mode,
            origin,
            created_at: Timestamp::now(),
            finished_at: None,
            photos: JobPhotos::default(),
            photos_per_second: 0.0,
            errors: Vec::new(),
            detail: None,
            idempotency_key,
        }
    }

    /// Returns whether the job still has to run.
    pub(in crate::api) fn is_open(&self) -> bool {
        matches!(self.state, JobState::Queued | JobState::Running)
    }

    /// Ends the job in this state.
    pub(in crate::api) fn end(&mut self, state: JobState, detail: Option<String>) {
        self.state = state;
        self.detail = detail;
        self.finished_at = Some(Timestamp::now());
    }

    /// Stores the result of the job.
    pub(in crate::api) fn set_result(&mut self, report: Report) {
        self.photos.enrolled = report.enrolled;
        self.photos.unchanged = report.known;
        self.photos.rejected = report.rejected.len();
        self.errors = report
            .rejected
            .into_iter()
            .take(MAX_ERRORS)
            .map(|Rejected { path, reason }| RejectedPhoto { photo: path, detail: reason })
            .collect();
    }
}

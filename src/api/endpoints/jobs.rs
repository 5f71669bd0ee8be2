//! `/v1/jobs`: photos of many people, added in the background.

use actix_multipart::form::MultipartForm;
use actix_multipart::form::tempfile::TempFile;
use actix_multipart::form::text::Text;
use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::audit_log::AuditEvent;
use crate::api::blocking::{blocking, respond};
use crate::api::extract::idempotency_key::IdempotencyKey;
use crate::api::extract::job_id::JobId;
use crate::api::extract::pagination::Pagination;
use crate::api::extract::photo_form::FileSchema;
use crate::api::jobs::folder::resolve_folder;
use crate::api::jobs::job::{Job, JobMode, JobOrigin};
use crate::api::problem::{Problem, Problems};
use crate::api::state::State;
use crate::dataset::Source;
use crate::error::ErrorKind;
use crate::ingest::Plan;

/// Fields of the form.
#[derive(MultipartForm, ToSchema)]
#[multipart(duplicate_field = "deny", deny_unknown_fields)]
pub(in crate::api) struct JobForm {
    /// A zip archive with one folder per family, and in it one folder per person.
    #[multipart(limit = "8GiB")]
    #[schema(value_type = FileSchema, example = "photos.zip")]
    archive: TempFile,
    /// Selection of the photos to embed; default `missing`.
    #[schema(value_type = JobMode, required = false)]
    mode: Option<Text<JobMode>>,
}

/// A folder of the server with photos to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct JobFolder {
    /// Path relative to the folder that the operator allowed.
    folder: String,
    mode: Option<JobMode>,
}

/// A page of the list of jobs.
#[derive(Serialize, ToSchema)]
struct JobList {
    jobs: Vec<Job>,
    /// `cursor` of the next page. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[utoipa::path(
    post,
    path = "/v1/jobs",
    operation_id = "create_job",
    tag = "jobs",
    summary = "Add many photos",
    description = "Adds photos in the background. They are in an archive, or in a folder of the \
                   server. The operator of the server allows one folder with all folders in it.",
    params((
        "idempotency-key" = Option<String>,
        Header,
        description = "Name of the request. Two requests with one name create one job",
    )),
    request_body(content((JobForm = "multipart/form-data"), (JobFolder = "application/json"))),
    responses((status = 202, description = "The job is queued", body = Job), Problems),
)]
pub(in crate::api) async fn post_archive(
    state: web::Data<State>,
    IdempotencyKey(key): IdempotencyKey,
    form: MultipartForm<JobForm>,
) -> Result<HttpResponse, Problem> {
    let JobForm { archive, mode } = form.into_inner();
    let mode = mode.map(|mode| mode.0).unwrap_or_default();
    let job = blocking(move || {
        state.jobs.add(key, |key| {
            // An archive without families is refused at once.
            Plan::new(Source::open(archive.file.path())?)?;
            let job = Job::new(JobOrigin::Archive, mode, key);
            archive
                .file
                .persist(state.jobs.archive(job.id))
                .map_err(|error| Problem::new(ErrorKind::Unavailable, error.error.to_string()))?;
            Ok(job)
        })
    });
    accepted(job.await??)
}

pub(in crate::api) async fn post_folder(
    state: web::Data<State>,
    IdempotencyKey(key): IdempotencyKey,
    folder: web::Json<JobFolder>,
) -> Result<HttpResponse, Problem> {
    let JobFolder { folder, mode } = folder.into_inner();
    let job = blocking(move || {
        state.jobs.add(key, |key| {
            // A folder without families is refused at once.
            let path = resolve_folder(state.config.photo_root.as_deref(), &folder)?;
            Plan::new(Source::open(&path)?)?;
            Ok(Job::new(JobOrigin::Folder(folder), mode.unwrap_or_default(), key))
        })
    });
    accepted(job.await??)
}

#[utoipa::path(
    get,
    path = "/v1/jobs",
    operation_id = "list_jobs",
    tag = "jobs",
    summary = "List jobs, newest first",
    params(Pagination),
    responses((status = 200, description = "A page of jobs", body = JobList), Problems),
)]
pub(in crate::api) async fn list(
    state: web::Data<State>,
    page: web::Query<Pagination>,
) -> Result<HttpResponse, Problem> {
    let range = page.into_inner().range::<Latest>()?;
    respond(move || {
        let (jobs, next) = range.select(state.jobs.all().into_iter().rev(), |job| Latest(job.id));
        Ok(JobList { jobs, next: next.map(|Latest(id)| id.to_string()) })
    })
    .await
}

#[utoipa::path(
    get,
    path = "/v1/jobs/{id}",
    operation_id = "get_job",
    tag = "jobs",
    summary = "Show the progress of a job",
    params(JobId),
    responses((status = 200, description = "The job", body = Job), Problems),
)]
pub(in crate::api) async fn get(
    state: web::Data<State>,
    JobId(id): JobId,
) -> Result<HttpResponse, Problem> {
    let job = state.jobs.get(id).ok_or_else(|| unknown(id))?;
    Ok(HttpResponse::Ok().json(job))
}

/// Requests that a job stops after its batch. Photos added by then stay.
#[utoipa::path(
    post,
    path = "/v1/jobs/{id}/cancel",
    operation_id = "cancel_job",
    tag = "jobs",
    summary = "Cancel a job",
    params(JobId),
    responses(
        (status = 200, description = "The job, which stops after its batch", body = Job),
        Problems,
    ),
)]
pub(in crate::api) async fn cancel(
    state: web::Data<State>,
    JobId(id): JobId,
) -> Result<HttpResponse, Problem> {
    let job = state.jobs.cancel(id)?.ok_or_else(|| unknown(id))?;
    Ok(HttpResponse::Ok().json(job))
}

/// Id of a job in a list that begins with the newest.
#[derive(PartialEq, Eq)]
struct Latest(Uuid);

impl Ord for Latest {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.0.cmp(&self.0)
    }
}

impl PartialOrd for Latest {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl std::str::FromStr for Latest {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

fn accepted(job: Job) -> Result<HttpResponse, Problem> {
    let location = format!("/v1/jobs/{}", job.id);
    let event = AuditEvent::new("job", [job.id]);
    Ok(event.attach_to(HttpResponse::Accepted().insert_header((LOCATION, location)).json(job)))
}

fn unknown(id: Uuid) -> Problem {
    Problem::new(ErrorKind::NotFound, format!("there is no job {id}"))
}

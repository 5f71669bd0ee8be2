//! `/v1/jobs`: photos of many people, enrolled in the background.

use actix_multipart::form::MultipartForm;
use actix_multipart::form::tempfile::TempFile;
use actix_multipart::form::text::Text;
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::audit_log::AuditEvent;
use crate::api::blocking::{answer, blocking};
use crate::api::extract::pagination::Page;
use crate::api::extract::upload::FileSchema;
use crate::api::jobs::job::{Job, Mode, Origin};
use crate::api::jobs::queue::inside;
use crate::api::problem::{Problem, Problems};
use crate::api::server::State;
use crate::dataset::Source;
use crate::error::ErrorKind;
use crate::ingest::Plan;

/// Fields of the form.
#[derive(MultipartForm, ToSchema)]
#[multipart(duplicate_field = "deny", deny_unknown_fields)]
#[schema(as = JobForm)]
pub(in crate::api) struct Form {
    /// A zip archive with one folder per family, and in it one folder per person.
    #[multipart(limit = "8GiB")]
    #[schema(value_type = FileSchema, example = "photos.zip")]
    archive: TempFile,
    /// Selection of the photos to embed; default `missing`.
    #[schema(value_type = Mode, required = false)]
    mode: Option<Text<Mode>>,
}

/// A folder of the server with photos to enroll.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = JobFolder)]
pub(in crate::api) struct Folder {
    /// Path relative to the folder that the operator allowed.
    folder: String,
    mode: Option<Mode>,
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
    summary = "Enrol many photos",
    description = "Photos in an archive, or in a folder of the server inside the one that its operator allowed, are enrolled in the background.",
    params(("idempotency-key" = Option<String>, Header, description = "Names the request: sent twice, it is one job")),
    request_body(content((Form = "multipart/form-data"), (Folder = "application/json"))),
    responses((status = 202, description = "It will be done", body = Job), Problems),
)]
pub(in crate::api) async fn post_archive(
    state: web::Data<State>,
    request: HttpRequest,
    form: MultipartForm<Form>,
) -> Result<HttpResponse, Problem> {
    let key = idempotency_key(&request)?;
    let Form { archive, mode } = form.into_inner();
    let mode = mode.map(|mode| mode.0).unwrap_or_default();
    let job = blocking(move || {
        state.jobs.add(key, |key| {
            // An archive without families is refused at once.
            Plan::new(Source::open(archive.file.path())?)?;
            let job = Job::new(Origin::Archive, mode, key);
            let kept = archive.file.persist(state.jobs.archive(job.id));
            kept.map_err(|error| Problem::new(ErrorKind::Unavailable, error.error.to_string()))?;
            Ok(job)
        })
    });
    accepted(job.await??)
}

pub(in crate::api) async fn post_folder(
    state: web::Data<State>,
    request: HttpRequest,
    folder: web::Json<Folder>,
) -> Result<HttpResponse, Problem> {
    let key = idempotency_key(&request)?;
    let Folder { folder, mode } = folder.into_inner();
    let job = blocking(move || {
        state.jobs.add(key, |key| {
            Plan::new(Source::open(&inside(state.photo_root.as_deref(), &folder)?)?)?;
            Ok(Job::new(Origin::Folder(folder), mode.unwrap_or_default(), key))
        })
    });
    accepted(job.await??)
}

#[utoipa::path(
    get,
    path = "/v1/jobs",
    operation_id = "list_jobs",
    tag = "jobs",
    summary = "List jobs, the newest first",
    params(Page),
    responses((status = 200, description = "A page of jobs", body = JobList), Problems),
)]
pub(in crate::api) async fn list(
    state: web::Data<State>,
    page: web::Query<Page>,
) -> Result<HttpResponse, Problem> {
    let window = page.into_inner().window::<Latest>()?;
    answer(move || {
        let (jobs, next) = window.of(state.jobs.all().into_iter().rev(), |job| Latest(job.id));
        Ok(JobList { jobs, next: next.map(|Latest(id)| id.to_string()) })
    })
    .await
}

#[utoipa::path(
    get,
    path = "/v1/jobs/{id}",
    operation_id = "get_job",
    tag = "jobs",
    summary = "Show how far a job is",
    params(("id" = String, Path, description = "The job's id", format = "uuid")),
    responses((status = 200, description = "The job", body = Job), Problems),
)]
pub(in crate::api) async fn get(
    state: web::Data<State>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let job = state.jobs.get(parsed(&id)?).ok_or_else(|| unknown(&id))?;
    Ok(HttpResponse::Ok().json(job))
}

/// Requests that a job stops after its batch. Photos enrolled by then stay.
#[utoipa::path(
    post,
    path = "/v1/jobs/{id}/cancel",
    operation_id = "cancel_job",
    tag = "jobs",
    summary = "Stop a job",
    params(("id" = String, Path, description = "The job's id", format = "uuid")),
    responses((status = 200, description = "The job; it stops after its batch", body = Job), Problems),
)]
pub(in crate::api) async fn cancel(
    state: web::Data<State>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let job = state.jobs.cancel(parsed(&id)?)?.ok_or_else(|| unknown(&id))?;
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
    let place = format!("/v1/jobs/{}", job.id);
    let deed = AuditEvent::new("job", [job.id]);
    Ok(deed.told_by(HttpResponse::Accepted().insert_header((LOCATION, place)).json(job)))
}

/// Maximum length of an idempotency key.
const LONGEST_KEY: usize = 200;

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(key) = request.headers().get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| (1..=LONGEST_KEY).contains(&key.len()));
    let wrong = || Problem::invalid(format!("an Idempotency-Key has 1 to {LONGEST_KEY} letters"));
    key.map(|key| Some(key.to_owned())).ok_or_else(wrong)
}

fn parsed(id: &str) -> Result<Uuid, Problem> {
    id.parse().map_err(|_| Problem::invalid(format!("'{id}' is no job's id")))
}

fn unknown(id: &str) -> Problem {
    Problem::new(ErrorKind::NotFound, format!("there is no job {id}"))
}

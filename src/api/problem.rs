//! Errors of the HTTP API: problem+json, RFC 9457.

use std::fmt;
use std::ops::RangeInclusive;

use actix_multipart::MultipartError;
use actix_web::error::{JsonPayloadError, PayloadError};
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

use super::request::REQUEST_ID_HEADER;
use crate::error::{Classify, ErrorKind};

/// An error of the HTTP API.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: String,
    detail: String,
    /// Seconds after which the client may retry the request.
    retry_after: Option<u64>,
    /// Methods that the address supports, if the request had another one.
    allow: Option<Box<str>>,
    /// Id of the request in the log.
    request_id: Box<str>,
    errors: Box<[PhotoProblem]>,
}

impl Problem {
    pub(super) fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        let (status, code) = status_and_code(kind);
        let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1);
        let code = code.into();
        let detail = detail.into();
        let request_id = Box::default();
        Self { status, code, detail, retry_after, allow: None, request_id, errors: Box::default() }
    }

    /// Adds the number of seconds after which the client may retry.
    pub(super) fn with_retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// Returns the problem of a form that lacks a required photo.
    pub(super) fn no_image() -> Self {
        let detail = "the form has no part 'image'; send multipart/form-data with a photo in it";
        Self::with_status(StatusCode::BAD_REQUEST, detail)
    }

    /// Returns the problem of an invalid address or field.
    pub(super) fn invalid(error: impl fmt::Display) -> Self {
        Self::new(ErrorKind::InvalidInput, error.to_string())
    }

    /// Checks that the number `name` of a request is in its range.
    pub(super) fn check_range<T: PartialOrd + fmt::Display>(
        name: &str,
        value: T,
        range: RangeInclusive<T>,
    ) -> Result<T, Self> {
        if range.contains(&value) {
            return Ok(value);
        }
        let (min, max) = range.into_inner();
        Err(Self::invalid(format!("{name} is {value}; it goes from {min} to {max}")))
    }

    /// Returns the problem of a family, person or photo that is not in the gallery.
    pub(super) fn not_enrolled(entity: impl fmt::Display) -> Self {
        Self::new(ErrorKind::NotFound, format!("{entity} is not in the gallery"))
    }

    /// Returns the error code.
    pub(super) fn code(&self) -> &str {
        &self.code
    }

    /// Replaces the error code.
    pub(super) fn with_code(self, code: &str) -> Self {
        Self { code: code.into(), ..self }
    }

    /// Returns an error of HTTP itself. Its code is the status's name.
    pub(super) fn with_status(status: StatusCode, detail: impl Into<String>) -> Self {
        let name = status.canonical_reason().unwrap_or("Error");
        let code = name.to_lowercase().replace(' ', "_");
        let detail = detail.into();
        let request_id = Box::default();
        Self {
            status,
            code,
            detail,
            retry_after: None,
            allow: None,
            request_id,
            errors: Box::default(),
        }
    }

    /// Returns the problem of an address that supports only these methods.
    pub(super) fn wrong_method(methods: String) -> Self {
        let detail = format!("this address takes {methods}");
        let problem = Self::with_status(StatusCode::METHOD_NOT_ALLOWED, detail);
        Self { allow: Some(methods.into()), ..problem }
    }

    /// Combines the problems of several photos into the first one, with a list of all.
    pub(super) fn of_photos(part: &'static str, problems: Vec<(usize, Self)>) -> Option<Self> {
        let errors = problems
            .iter()
            .map(|(index, problem)| PhotoProblem {
                part,
                index: *index,
                detail: problem.detail.clone(),
            })
            .collect();
        let (_, first) = problems.into_iter().next()?;
        Some(Self { errors, ..first })
    }

    /// Sets the id of the request.
    pub(super) fn with_request_id(self, id: &str) -> Self {
        Self { request_id: id.into(), ..self }
    }

    fn render(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after {
            response.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        if let Some(methods) = &self.allow {
            response.insert_header((ALLOW, &**methods));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        response.insert_header((REQUEST_ID_HEADER, &*self.request_id));
        response.content_type("application/problem+json").json(ProblemBody {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: &self.code,
            request_id: &self.request_id,
            errors: &self.errors,
        })
    }
}

/// Response body of an error, RFC 9457.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemBody<'a> {
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: &'a str,
    #[schema(value_type = String)]
    title: &'a str,
    status: u16,
    /// Cause and remedy, for people.
    #[schema(value_type = String)]
    detail: &'a str,
    /// Error code, for programs.
    #[schema(value_type = String)]
    code: &'a str,
    /// Id of the request in the log.
    #[schema(value_type = String)]
    request_id: &'a str,
    /// Errors of individual photos.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<PhotoProblem>, required = false)]
    errors: &'a [PhotoProblem],
}

/// Error of one photo of a request.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct PhotoProblem {
    /// Part of the request that contains the photo.
    #[schema(value_type = String)]
    pub(super) part: &'static str,
    /// Index among the photos of that part, from 0.
    pub(super) index: usize,
    pub(super) detail: String,
}

/// Error responses of every address.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it stands in the documentation")]
pub(super) enum Problems {
    /// The request is invalid or not permitted
    #[response(status = "4XX", content_type = "application/problem+json")]
    Request(#[to_schema] ProblemBody<'static>),
    /// The service cannot answer, perhaps temporarily
    #[response(status = "5XX", content_type = "application/problem+json")]
    Service(#[to_schema] ProblemBody<'static>),
}

/// Maps each class of error to an HTTP status and a code.
fn status_and_code(kind: ErrorKind) -> (StatusCode, &'static str) {
    match kind {
        ErrorKind::InvalidInput => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_input"),
        ErrorKind::NotFound => (StatusCode::NOT_FOUND, "not_found"),
        ErrorKind::Conflict => (StatusCode::CONFLICT, "conflict"),
        ErrorKind::Incompatible => (StatusCode::CONFLICT, "incompatible"),
        ErrorKind::Corrupt => (StatusCode::INTERNAL_SERVER_ERROR, "corrupt"),
        ErrorKind::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "overloaded"),
        ErrorKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        ErrorKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
    }
}

impl<E: Classify> From<E> for Problem {
    fn from(error: E) -> Self {
        Self::new(error.kind(), error.to_string())
    }
}

/// Converts the error of a malformed form.
pub(super) fn from_multipart(error: MultipartError) -> Problem {
    let status = match &error {
        MultipartError::Payload(PayloadError::Overflow) => StatusCode::PAYLOAD_TOO_LARGE,
        other => other.status_code(),
    };
    bad_form(status, &error)
}

/// Returns the problem of a form that the endpoint does not accept.
pub(super) fn bad_form(status: StatusCode, error: &dyn fmt::Display) -> Problem {
    let detail = format!("{error}; send multipart/form-data with the parts of this endpoint");
    Problem::with_status(status, detail)
}

/// Converts the error of a body that is not the required JSON.
pub(super) fn from_json(error: &JsonPayloadError) -> Problem {
    let status = match error {
        JsonPayloadError::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        other => other.status_code(),
    };
    Problem::with_status(status, format!("{error}; send application/json of the documented form"))
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        self.render()
    }
}

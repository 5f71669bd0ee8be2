//! Every request gets an id: in its response's header, in its problem, and in the log.

use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use uuid::Uuid;

use super::problem::Problem;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Middleware that names a request, renders its problem if it ends in one, and writes one line to the log.
pub(super) async fn attach(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let id = Uuid::new_v4().to_string();
    let started = Instant::now();
    // The route's pattern and not the path: a path may name a person.
    let method = request.method().clone();
    let route = request.match_pattern().unwrap_or_else(|| "-".into());
    let mut response = next.call(request).await?.map_into_boxed_body();
    if let Some(problem) = problem_of(&response) {
        response = response.into_response(problem.render(&id));
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    tracing::info!(
        request_id = id,
        %method,
        route,
        status = response.status().as_u16(),
        elapsed_ms = started.elapsed().as_millis() as u64,
        "request"
    );
    Ok(response)
}

/// The problem a response stands for, if it is an error: ours, or one of actix's own.
fn problem_of(response: &ServiceResponse<BoxBody>) -> Option<Problem> {
    let error = response.response().error()?;
    let ours = error.as_error::<Problem>().cloned();
    Some(ours.unwrap_or_else(|| Problem::with_status(response.status(), error.to_string())))
}
